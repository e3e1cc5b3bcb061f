"""What a host sees of the network: names, its own listening ports, logins to other hosts, ports it can open.

Knows getent, ss, /proc/net/tcp, netstat and the texts of the OpenSSH client and bash. It must not know which
answer is wanted. Many lookups run at once; each prints one whole short line, so they may share the pipe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any

from wizard.facts import PortState, PublicKey
from wizard.needs import Known, Listening, Logins, Names, Tcp
from wizard.probes.account import read_public
from wizard.probes.script import (
    Reading,
    Section,
    Unreadable,
    askable,
    in_bounded_waves,
    in_waves,
    path_word,
    word,
)
from wizard.servicefacts import ListenFacts, LoginFacts

_NAME = r"""
name() {
  i=$1
  if has getent; then
    a=$(limit 5 getent ahosts "$2" 2>/dev/null || limit 5 getent hosts "$2" 2>/dev/null)
  elif has dscacheutil; then
    a=$(limit 5 dscacheutil -q host -a name "$2" | sed -n 's/^ip[v6]*_address: //p')
  fi
  l= IFS='
'
  set -f
  for one in $a; do
    one=${one%%[[:space:]]*}
    case " $l " in *" $one "*) ;; *) l="$l $one";; esac
  done
  printf '%s name %s%.400s\n' "$m" "$i" "$l"
}
"""

_LISTENING = r"""
if has ss && ss -ltn >/dev/null 2>&1; then h ss; limit 10 ss -ltnp
elif [ -r /proc/net/tcp ]; then
  h proc
  for f in /proc/net/tcp /proc/net/tcp6; do if [ -r "$f" ]; then grep ' 0A ' "$f"; fi; done
elif has netstat; then h netstat; limit 10 netstat -an
fi
"""

# What a login shell prints by itself need not end its line, and what it says as an error comes at any time: the answer
# is one line, written at once. `sh -c` in single quotes means the same to every login shell, csh and fish too.
_LOGIN = r"""
login() {
  i=$1 n=$2; shift 2
  c='sh -c '\''printf "\nFWOK %s %s\n" "$(id -un)" "$(hostname)"'\'
  a=$(limit 20 ssh -n -o BatchMode=yes -o ConnectTimeout=5 -o UpdateHostKeys=no \
    -o StrictHostKeyChecking=yes "$@" -- "$n" "$c" 2>&1)
  s=$?
  printf '%s\n' "$a" | {
    on= last= user= host=
    while IFS= read -r l; do
      case $on$l in
        'FWOK '*) on=1 l=${l#FWOK }; user=${l%% *} host=${l#* };;
        # ssh says this before its last line, which tells no cause.
        *[!\ ]*) case $on$last in 1*|*'Too many authentication failures'*) ;; *) last=$l;; esac;;
      esac
    done
    case $s in 137|124) last="no answer within 20 s";; esac
    printf '%s login %s %s %s %.100s %.100s %.300s\n' \
      "$m" "$i" "$s" "${on:-0}" "${user:--}" "${host:--}" "$last"
  }
}
h asked
"""

_TCP = r"""
tcp() {
  i=$1
  a=$(opens "$2" "$3" 2>&1)
  s=$?
  IFS='
'
  set -f
  set -- $a
  IFS=' '
  printf '%s tcp %s %s %.400s\n' "$m" "$i" "$s" "$*"
}
"""

_OPENS = r"""
opens() { exec 3<>"/dev/tcp/$1/$2"; }
"""

_OPENS_ALONE = r"""
opens() { limit 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2"; }
"""


def names(needs: Sequence[Names]) -> tuple[Section, ...]:
    wanted = askable(name for need in needs for name in need.names)
    if not wanted:
        return ()
    calls = [f"name {number} {word(name)}" for number, name in enumerate(wanted)]
    text = "if ! has getent && ! has dscacheutil; then exit 0; fi\n" + in_bounded_waves(calls, 8, _NAME)

    def read(reading: Reading) -> Mapping[str, Any]:
        if not reading.has("asked"):
            return {"names": {}}
        # What gave no answer in time has no address.
        found: dict[str, tuple[str, ...]] = dict.fromkeys(wanted, ())
        for block in reading.all("name"):
            number, *addresses = block.rest.split()
            found[wanted[int(number)]] = tuple(addresses)
        return {"names": found}

    return (Section("the names", text, read, 15 + _waves(wanted) * 10),)


def listening(needs: Sequence[Listening]) -> tuple[Section, ...]:
    del needs
    return (Section("the listening ports", _LISTENING, read_listening, 15),)


def read_listening(reading: Reading) -> Mapping[str, Any]:
    """HostFacts' listening ports, from whichever of the three sources the host has.

    Raises:
        Unreadable: it has none.
    """
    if reading.has("ss"):
        return {"listening": read_ss(reading.body("ss"))}
    if reading.has("proc"):
        return {"listening": read_proc_net(reading.body("proc"))}
    if reading.has("netstat"):
        return {"listening": read_netstat(reading.body("netstat"))}
    raise Unreadable("there is neither ss nor /proc/net/tcp nor netstat")


def read_ss(text: str) -> tuple[ListenFacts, ...]:
    """`ss -ltnp`. The address of all interfaces is 0.0.0.0, :: or *, as ss writes it, without brackets."""
    found: list[ListenFacts] = []
    for line in text.splitlines():
        words = line.split(None, 5)
        if len(words) < 5 or words[0] != "LISTEN":
            continue
        address, _, port = words[3].rpartition(":")
        user = re.search(r'\(\("((?:[^"\\]|\\.)*)",pid=(\d+)', words[5]) if len(words) > 5 else None
        address = address.strip("[]").split("%")[0]
        if port.isdigit():
            found.append(
                ListenFacts(
                    _unmapped(address), int(port), int(user[2]) if user else None, user[1] if user else ""
                )
            )
    return tuple(dict.fromkeys(found))


def read_proc_net(text: str) -> tuple[ListenFacts, ...]:
    """/proc/net/tcp and tcp6 of a little-endian machine, which writes each 32-bit word backwards."""
    found: list[ListenFacts] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 4 or words[3] != "0A":
            continue
        digits, _, port = words[1].partition(":")
        parts = [bytes.fromhex(digits[start : start + 8])[::-1] for start in range(0, len(digits), 8)]
        address = str(ip_address(b"".join(parts)))
        found.append(ListenFacts(_unmapped(address), int(port, 16)))
    return tuple(dict.fromkeys(found))


def read_netstat(text: str) -> tuple[ListenFacts, ...]:
    """BSD's `netstat -an`, where a dot stands before the port, and the GNU form with a colon."""
    found: list[ListenFacts] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 6 or not words[0].startswith("tcp") or not words[5].startswith("LISTEN"):
            continue
        match = re.fullmatch(r"(.*)[.:](\d+)", words[3])
        if match:
            found.append(ListenFacts(match[1].split("%")[0], int(match[2])))
    return tuple(dict.fromkeys(found))


def _unmapped(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def logins(needs: Sequence[Logins]) -> tuple[Section, ...]:
    pairs = [(name, need.options) for need in needs for name in askable(need.names)]
    wanted = tuple(dict.fromkeys(pairs))
    if not wanted:
        return ()
    calls: list[str] = []
    for number, (name, options) in enumerate(wanted):
        calls.append(
            " ".join(["login", str(number), word(name), *(word(option) for option in askable(options))])
        )

    def read(reading: Reading) -> Mapping[str, Any]:
        found: dict[str, LoginFacts] = {}
        if not reading.has("asked"):
            raise Unreadable(reading.rest("cannot") or "no login was tried")
        for block in reading.all("login"):
            number, status, seen, user, host, *last = block.rest.split(" ", 5)
            evidence = "".join(last).strip()
            ok = status == "0" and seen == "1"
            if not ok and status == "0":
                evidence = evidence or "the login shell did not run the command"
            found[wanted[int(number)][0]] = LoginFacts(
                ok,
                user if ok else "",
                host if ok else "",
                "" if ok else evidence or f"ssh ended with status {status}",
            )
        return {"logins": found}

    # Old clients create a missing ~/.ssh, and without one there is neither a key nor a known host.
    guard = "if ! has ssh; then h cannot 'there is no ssh client'; exit 0; fi\n"
    none = "\n".join(
        f"h login {number} 255 0 - - 'this account has no ~/.ssh: neither a key nor known hosts'"
        for number in range(len(wanted))
    )
    text = (
        f'{guard}{_LOGIN}if [ ! -d "$HOME/.ssh" ] && [ ! -s /etc/ssh/ssh_known_hosts ]; then\n{none}\nelse\n'
        f"{in_waves(calls)}\nfi\n"
    )
    return (Section("the logins to other hosts", text, read, 20 + _waves(wanted) * 20),)


def tcp(needs: Sequence[Tcp]) -> tuple[Section, ...]:
    wanted = tuple(
        dict.fromkeys(target for need in needs for target in need.targets if "\0" not in target[0])
    )
    if not wanted:
        return ()
    calls = [f"tcp {number} {word(host)} {port}" for number, (host, port) in enumerate(wanted)]
    waves = in_bounded_waves(calls, 3, _TCP, bounded=_OPENS, single=_OPENS_ALONE, shell="bash")

    def read(reading: Reading) -> Mapping[str, Any]:
        if reading.has("cannot"):
            raise Unreadable(reading.rest("cannot"))
        found: dict[tuple[str, int], PortState] = (
            dict.fromkeys(wanted, "timeout") if reading.has("asked") else {}
        )
        for block in reading.all("tcp"):
            number, status, text = block.rest.split(" ", 2)
            found[wanted[int(number)]] = port_state(int(status), text)
        return {"tcp": found}

    text = f"if ! has bash; then h cannot 'there is no bash'; exit 0; fi\n{waves}"
    return (Section("the ports of other hosts", text, read, 10 + _waves(wanted) * 4),)


def port_state(status: int, text: str) -> PortState:
    """What bash's /dev/tcp said; 137 and 124 are the time limit's own statuses."""
    if status == 0:
        return "open"
    if status in {124, 137} or "timed out" in text:
        return "timeout"
    if "refused" in text:
        return "refused"
    if "not known" in text or "resolution" in text or "nodename" in text or "No address associated" in text:
        return "unresolved"
    return "unreachable"


def known(needs: Sequence[Known]) -> tuple[Section, ...]:
    wanted = askable(name for need in needs for name in need.names)
    if not wanted:
        return ()
    asks = "\n".join(f"h known {number}; ask {word(name)}" for number, name in enumerate(wanted))
    text = (
        f"f={path_word('~/.ssh/known_hosts')}\n"
        "if ! has ssh-keygen; then h cannot 'there is no ssh-keygen'; exit 0; fi\n"
        'ask() { if [ -s "$f" ]; then ssh-keygen -F "$1" -f "$f" 2>/dev/null; fi; return 0; }\n'
        f"{asks}\n"
    )

    def read(reading: Reading) -> Mapping[str, Any]:
        if reading.has("cannot"):
            raise Unreadable(reading.rest("cannot"))
        return {"known": {wanted[int(block.rest)]: read_known(block.body) for block in reading.all("known")}}

    return (Section("the known hosts", text, read, 20 + len(wanted) // 10),)


def read_known(text: str) -> tuple[PublicKey, ...]:
    """The lines `ssh-keygen -F` found. Revoked keys and certificate authorities are no keys of that host."""
    lines = (line for line in text.splitlines() if line.strip() and line[0] not in "#@")
    return tuple(dict.fromkeys(key for line in lines for key in read_public(line.partition(" ")[2])))


def _waves(wanted: Sequence[object]) -> int:
    return (len(wanted) + 31) // 32
