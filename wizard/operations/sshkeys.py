"""The key pair with which the master logs in on the nodes: made once on the master, appended on every node.

Knows ~/.ssh of an account and what sshd makes of it. It must not know how this machine itself logs in, and
it never sees a private key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from ..commands import Command, Later, shell
from ..facts import ClusterFacts, HostFacts, PublicKey, SshFacts, TrustedKey
from ..needs import Account, Ask, Need, Paths
from .operation import CannotOperate, Operation
from .places import BELOW_SSH, absolute, home_of, path_at, with_file

KeyType = Literal["ed25519", "rsa"]

_GENERATE = """\
set -e
umask 077
mkdir -p -- "$(dirname -- "$1")"
file=$1
shift
[ -e "$file" ] || ssh-keygen -q -N '' -f "$file" "$@" >&2
[ -s "$file.pub" ] || ssh-keygen -y -P '' -f "$file" > "$file.pub"
cat -- "$file.pub\""""

_AUTHORIZE = """\
set -e
umask "$3"
line=$1
file=$2
blob=${line#* }
blob=${blob%% *}
mkdir -p -- "$(dirname -- "$file")"
if [ -f "$file" ] && grep -v '^[[:space:]]*#' "$file" | grep -qF -e "$blob"; then exit 0; fi
end=
if [ -s "$file" ] && [ -n "$(tail -c 1 -- "$file")" ]; then end='\\n'; fi
printf "$end%s\\n" "$line" >> "$file"
if command -v restorecon > /dev/null 2>&1; then restorecon -- "$file" || true; fi"""


def public_key(host: HostFacts, path: str) -> PublicKey | None:
    """The public half of the private key file `path`, None when it is not known or not there."""
    if host.ssh is not None:
        for name in (path, absolute(path, host)) if host.home else (path,):
            if name in host.ssh.key_files:
                return host.ssh.key_files[name]
    asked = host.commands.get(_question(path))
    words = asked.stdout.split(None, 2) if asked is not None and asked.status == 0 else []
    return (
        PublicKey(words[0], words[1], words[2].strip() if len(words) > 2 else "") if len(words) > 1 else None
    )


def key_needs(path: str) -> tuple[Need, ...]:
    """What to read on the master about the pair at `path`."""
    needs: tuple[Need, ...] = (Account(), Paths((path, path + ".pub")))
    if path.startswith("~/.ssh/") and path.count("/") == 2:
        return needs
    where = path if not path.startswith("~/") else path[2:]
    script = 'cd; exec ssh-keygen -y -P "" -f "$1"'
    return (*needs, Ask(_question(path), ("sh", "-c", script, "sh", where), 20))


def _question(path: str) -> str:
    return f"public half of {path}"


@dataclass(frozen=True)
class GenerateKey(Operation):
    """A pair without a passphrase on the master, made only where there is none."""

    touched = BELOW_SSH
    path: str = "~/.ssh/id_ed25519"
    type: KeyType = "ed25519"

    @property
    def id(self) -> str:
        return "generate-key"

    @property
    def title(self) -> str:
        return f"Make the cluster key {self.path}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: key_needs(self.path)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return public_key(facts[self.host], self.path) is not None and not self._encrypted(facts)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        if self._encrypted(facts):
            raise CannotOperate(
                f"The key {self.path} on {self.host} asks for a passphrase.",
                "Flink's scripts log in without anyone at the keyboard",
                "Name another file as ssh.cluster_key in the answers: a new pair is made there, "
                "this one is left alone.",
            )
        size = ("-b", "3072") if self.type == "rsa" else ()
        return (
            shell(
                _GENERATE,
                absolute(self.path, facts[self.host]),
                "-t",
                self.type,
                *size,
                why="make the pair unless it is there, and print its public half",
                gives=Later(self.host, "public-key"),
            ),
        )

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        path = absolute(self.path, host)
        ssh = host.ssh or SshFacts(None, host.user or "", None, None)
        born = PublicKey("", str(Later(self.host, "public-key")))
        ssh = replace(
            ssh, key_files=MappingProxyType({**ssh.key_files, path: born}), dir_mode=ssh.dir_mode or 0o700
        )
        facts = facts.changed(self.host, ssh=ssh)
        return with_file(facts, self.host, self.path, None, 0o600)

    def _encrypted(self, facts: ClusterFacts) -> bool:
        host = facts[self.host]
        path = absolute(self.path, host)
        if host.ssh is not None and {self.path, path} & set(host.ssh.encrypted_keys):
            return True
        asked, found = host.commands.get(_question(self.path)), path_at(host, self.path)
        return bool(asked and asked.status and found and found.exists and "passphrase" in asked.stderr)


def effective_file(host: HostFacts) -> str:
    """The file in which sshd looks for this account's keys: the usual one when sshd reads it, else its first.

    Raises:
        CannotOperate: sshd reads none, or the account was not read.
    """
    patterns = host.ssh.authorized_keys_files if host.ssh else SshFacts.authorized_keys_files
    files = effective_files(host, patterns)
    if not files:
        raise CannotOperate(
            f"sshd on {host.name} reads no authorized_keys file.",
            "AuthorizedKeysFile is none",
            f"Give sshd on {host.name} an AuthorizedKeysFile, or add the cluster key where it looks "
            f"for keys.",
        )
    home = home_of(host)
    usual = f"{home}/.ssh/authorized_keys"
    own = tuple(name for name in files if name.startswith(home + "/"))
    return usual if usual in files else (own or files)[0]


def effective_files(host: HostFacts, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """AuthorizedKeysFile patterns as absolute paths: %h, %u, %U and %% replaced, relative ones below the
    home.
    """
    home = home_of(host)
    files: list[str] = []
    for pattern in patterns:
        if pattern.lower() == "none":
            continue
        name = pattern.replace("%%", "\0").replace("%h", home).replace("%u", host.user or "")
        name = name.replace("%U", str(host.uid if host.uid is not None else "")).replace("\0", "%")
        files.append(name if name.startswith("/") else f"{home}/{name}")
    return tuple(dict.fromkeys(files))


def trusted_entries(host: HostFacts, key: PublicKey) -> tuple[TrustedKey, ...]:
    """The lines with which sshd trusts this key in a file that it reads."""
    if host.ssh is None:
        return ()
    files = effective_files(host, host.ssh.authorized_keys_files) if host.home else ()
    return tuple(
        entry
        for entry in host.ssh.trusted
        if entry.blob == key.blob and (not entry.file or not files or absolute(entry.file, host) in files)
    )


def forbids_commands(options: str) -> bool:
    """Whether the options of a trusted key keep Flink's scripts out, whatever the address of the master
    is.
    """
    lowered = options.lower()
    return any(word in lowered for word in ("command=", "cert-authority", "expiry-time="))


@dataclass(frozen=True)
class AuthorizeKey(Operation):
    """The master's public key in the file that sshd really reads, appended; nothing that is there is
    changed.
    """

    touched = BELOW_SSH
    master: str
    path: str = "~/.ssh/id_ed25519"

    @property
    def id(self) -> str:
        return "authorize-key"

    @property
    def title(self) -> str:
        return f"Trust the key of {self.master}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        if self.host == self.master:
            return {self.host: key_needs(self.path)}
        return {self.master: key_needs(self.path), self.host: (Account(),)}

    def satisfied(self, facts: ClusterFacts) -> bool:
        key = public_key(facts[self.master], self.path)
        if key is None:
            return False
        # sshd obeys the first line that fits: a free line behind a restricted one is of no use.
        first = trusted_entries(facts[self.host], key)[:1]
        return bool(first) and not forbids_commands(first[0].options)

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host = facts[self.host]
        key = public_key(facts[self.master], self.path)
        restricted = trusted_entries(host, key) if key is not None else ()
        if restricted:
            raise CannotOperate(
                f"{self.host} trusts the key of {self.master} for something else only.",
                f"{restricted[0].file or 'authorized_keys'}: {restricted[0].options}",
                f"Take the options off that line on {self.host}, or name another ssh.cluster_key in "
                f"the answers.",
            )
        line = key.line if key is not None else str(Later(self.master, "public-key"))
        file = effective_file(host)
        own = file.startswith(home_of(host) + "/")
        if not own and host.sudo in (None, "none"):
            raise CannotOperate(
                f"The key cannot be added on {self.host}: sshd reads {file} there, which "
                f"{host.user} may not write.",
                f"AuthorizedKeysFile {' '.join(host.ssh.authorized_keys_files if host.ssh else ())}",
                f"As root on {self.host}, append the public key of {self.master} to {file}.",
            )
        # A file of root's is read by sshd as the user, one in the home by its owner alone.
        return (shell(_AUTHORIZE, line, file, "077" if own else "022", why="append the key", sudo=not own),)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        key = public_key(facts[self.master], self.path)
        key = key or PublicKey("", str(Later(self.master, "public-key")))
        ssh = host.ssh or SshFacts(None, host.user or "", None, None)
        entry = TrustedKey(key.type, key.blob, key.comment, "", effective_file(host))
        return facts.changed(
            self.host,
            ssh=replace(
                ssh,
                trusted=(*ssh.trusted, entry),
                dir_mode=ssh.dir_mode or 0o700,
                authorized_keys_mode=ssh.authorized_keys_mode or 0o600,
            ),
        )
