"""The login's account: who it is, what sudo allows, its ssh files, and sshd as far as it can be read.

Knows the formats of id, passwd, authorized_keys and sshd_config. It must not know which of that is wrong.

sudo is asked by `sudo -n -k -l`: it opens no session and writes no time stamp, and leaves one line in
sudo's log at most, where `sudo -n true` would run a command as root.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.facts import PublicKey, SshFacts, SudoWay, TrustedKey
from wizard.needs import Account
from wizard.probes import sshd
from wizard.probes.files import Stat, read_stat
from wizard.probes.script import Reading, Section, Unreadable, decoded_text

_SCRIPT = r"""
h id; id
u=$(id -un)
h passwd
if has getent; then limit 5 getent passwd "$u"; else grep "^$u:" /etc/passwd; fi
h home; printf '%s\n' "$HOME"
h shell; printf '%s\n' "$SHELL"
if has sudo && [ "$u" != root ]; then h sudo; limit 5 sudo -n -k -l 2>&1; printf '\nfw-status %s\n' "$?"; fi
for w in home dir keys; do
  case $w in home) p=$HOME;; dir) p=$HOME/.ssh;; keys) p=$HOME/.ssh/authorized_keys;; esac
  h "mode-$w"; if [ -e "$p" ]; then stats "$p"; fi
done
h host-keys; for f in /etc/ssh/ssh_host_*_key.pub; do if [ -r "$f" ]; then cat "$f"; fi; done
if has sshd; then
  h sshd-effective; limit 5 sshd -T -C "user=$u,host=localhost,addr=${SSH_CONNECTION%% *}" 2>/dev/null
fi
conf() {
  if [ -r "$1" ]; then h sshd-config "$1"; cat "$1"; fi
}
conf /etc/ssh/sshd_config
if [ -r /etc/ssh/sshd_config ]; then
  for g in $(sed -n 's/^[[:space:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:space:]=]*//p' /etc/ssh/sshd_config); do
    case $g in /*) ;; *) g=/etc/ssh/$g;; esac
    for f in $g; do conf "$f"; done
  done
  set -f
  for g in $(sed -n 's/^[[:space:]]*[Aa]uthorized[Kk]eys[Ff]ile[[:space:]=]*//p' /etc/ssh/sshd_config); do
    g=$(printf '%s\n' "$g" | sed "s|%h|$HOME|g;s|%u|$u|g;s|%%|%|g")
    case $g in .ssh/authorized_keys|.ssh/authorized_keys2|none) continue;; /*) ;; *) g=$HOME/$g;; esac
    if [ -r "$g" ] && [ -f "$g" ]; then h trusted "$g"; head -c 1048576 "$g" | b64; fi
  done
  set +f
fi
for f in "$HOME/.ssh/authorized_keys" "$HOME/.ssh/authorized_keys2"; do
  if [ -r "$f" ] && [ -f "$f" ]; then h trusted "$f"; head -c 1048576 "$f" | b64; fi
done
for f in "$HOME"/.ssh/*; do
  if [ -f "$f" ] && [ -r "$f" ]; then
    one= two=
    { read -r one; read -r two; } <"$f"
    case $one in
      *'BEGIN ENCRYPTED PRIVATE KEY'*) k=encrypted;;
      *'BEGIN OPENSSH PRIVATE KEY'*)
        case $two in b3BlbnNzaC1rZXktdjEAAAAABG5vbmU*) k=open;; *) k=encrypted;; esac;;
      *'PRIVATE KEY'*) case $two in *ENCRYPTED*) k=encrypted;; *) k=open;; esac;;
      *) continue;;
    esac
    h private "$k"; printf '%s' "$f" | b64
    h public
    if [ $k = open ] && has ssh-keygen && limit 5 ssh-keygen -y -P '' -f "$f" 2>/dev/null
    then :; else show "$f.pub"; fi
  fi
done
"""

_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w.@-]+")


def sections(needs: Sequence[Account]) -> tuple[Section, ...]:
    del needs
    return (Section("the account", _SCRIPT, read, 30),)


def read(reading: Reading) -> Mapping[str, Any]:
    """HostFacts' fields for the account.

    Raises:
        Unreadable: `id` did not answer.
    """
    match = re.match(r"uid=(\d+)\(([^)]*)\)", reading.body("id"))
    if match is None:
        raise Unreadable("id did not answer")
    uid, user = int(match[1]), match[2]
    listed = re.search(r"groups=(\S.*?)(?: context=|$)", reading.body("id").splitlines()[0])
    groups = tuple(re.findall(r"\(([^)]*)\)", listed[1])) if listed else ()
    entry = (reading.body("passwd").splitlines() or [""])[0].split(":")
    home = reading.body("home").strip() or (entry[5] if len(entry) > 6 else None)
    shell = entry[6] if len(entry) > 6 else reading.body("shell").strip() or None
    return {
        "user": user,
        "uid": uid,
        "groups": groups,
        "home": home,
        "shell": shell,
        "sudo": read_sudo(reading, uid),
        "ssh": read_ssh(reading, user, home or ""),
    }


def read_sudo(reading: Reading, uid: int) -> SudoWay:
    """What sudo's own list says; where it wants a password first, "password" is all that is known."""
    if uid == 0:
        return "root"
    if not reading.has("sudo"):
        return "none"
    text = reading.body("sudo")
    if "may not run sudo" in text or "not allowed to run sudo" in text or "not in the sudoers" in text:
        return "none"
    status = re.search(r"^fw-status (\d+)$", text, re.M)
    if status and status[1] == "0":
        for line in text.splitlines():
            everything = re.match(r"\s*\((?:ALL|root)\b[^)]*\)\s+(.*)", line)
            if everything is None or not re.search(r"(?:^|[\s:,])ALL\s*$", everything[1]):
                continue
            if "NOPASSWD:" in everything[1] or "!authenticate" in text:
                return "nopasswd"
    return "password"


def read_ssh(reading: Reading, user: str, home: str) -> SshFacts:
    modes = {name: _stat(reading.body(f"mode-{name}")) for name in ("home", "dir", "keys")}
    home_stat = modes["home"]
    settings = sshd.settings(reading, user)
    trusted: list[TrustedKey] = []
    for block in reading.all("trusted"):
        trusted.extend(read_trusted(decoded_text(block.body), block.rest))
    keys: dict[str, PublicKey] = {}
    encrypted: list[str] = []
    for private, public in zip(reading.all("private"), reading.all("public"), strict=True):
        name = decoded_text(private.body)
        half = read_public(public.body)
        if half:
            keys[name] = half[0]
        if private.rest == "encrypted":
            encrypted.append(name)
    files = settings.get("authorizedkeysfile", "").split()
    environment = settings.get("permituserenvironment")
    facts = SshFacts(
        home_mode=home_stat.mode if home_stat else None,
        home_owner=home_stat.owner if home_stat else "",
        dir_mode=modes["dir"].mode if modes["dir"] else None,
        authorized_keys_mode=modes["keys"].mode if modes["keys"] else None,
        trusted=tuple(trusted),
        host_keys=read_public(reading.body("host-keys")),
        permit_user_environment=None if environment is None else environment.lower() != "no",
        settings=settings,
        key_files=keys,
        encrypted_keys=tuple(encrypted),
    )
    if not files:
        return facts
    return replace(facts, authorized_keys_files=tuple(_key_file(name, user, home) for name in files))


def _key_file(name: str, user: str, home: str) -> str:
    name = name.replace("%h", home).replace("%u", user).replace("%%", "%")
    return name.removeprefix(home.rstrip("/") + "/") if home else name


def _stat(text: str) -> Stat | None:
    return read_stat(text.strip()) if text.strip() else None


def read_public(text: str) -> tuple[PublicKey, ...]:
    """Public keys, one a line; other lines are skipped."""
    found: list[PublicKey] = []
    for line in text.splitlines():
        words = line.strip().split(None, 2)
        if len(words) >= 2 and _KEY.fullmatch(words[0]):
            found.append(PublicKey(words[0], words[1], words[2] if len(words) > 2 else ""))
    return tuple(found)


def read_trusted(text: str, file: str = "") -> tuple[TrustedKey, ...]:
    """The keys of an authorized_keys file. Options stand before the type; they may hold quoted blanks."""
    found: list[TrustedKey] = []
    for line in text.splitlines():
        line = line.strip().removeprefix("\ufeff")
        if not line or line.startswith("#"):
            continue
        options, rest = "", line
        if not _KEY.match(line):
            end = _end_of_options(line)
            options, rest = line[:end], line[end:].strip()
        words = rest.split(None, 2)
        if len(words) >= 2 and _KEY.fullmatch(words[0]):
            found.append(TrustedKey(words[0], words[1], words[2] if len(words) > 2 else "", options, file))
    return tuple(found)


def _end_of_options(line: str) -> int:
    quoted = False
    for position, letter in enumerate(line):
        if letter == '"' and line[position - 1 : position] != "\\":
            quoted = not quoted
        elif letter in " \t" and not quoted:
            return position
    return len(line)
