"""What the operator's ssh configuration says about a host: ssh itself is asked, it alone knows all rules.

Knows `ssh -G`, the defaults of ssh, and a parser of the library for machines without the ssh program. It must
not open connections.
"""

from __future__ import annotations

import getpass
import glob
import io
import os
import pwd
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.ssh.errors import failed
from wizard.ssh.target import Target

SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")
GLOBAL_KNOWN_HOSTS = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_WITHOUT_EFFECT = re.compile(
    r"host\s+\*$|(sendenv|setenv|hashknownhosts|gssapi\w+|forwardx11\w*)\b", re.IGNORECASE
)
_CONFIG_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one host, all questions answered; `jumps` are the hosts in between, the nearest first."""

    name: str
    address: str
    port: int
    user: str
    key: Path | None
    identity_files: tuple[Path, ...]
    identities_only: bool
    agent: bool
    jumps: tuple[str, ...]
    proxy_command: str | None
    known_hosts: tuple[Path, ...]
    host_key_name: str
    """The name under which the host's key is filed (HostKeyAlias, else the address)."""


def resolve(target: Target) -> Route:
    """Answers first, then ~/.ssh/config and the system's, then ssh's defaults.

    Raises:
        ConnectionFailed: the configuration cannot be read (kind "unreachable", with ssh's own message).
    """
    if target.name.startswith("-") or not target.name:
        raise failed(target.name, "unresolved", address=repr(target.name))
    options = _options(target)
    address = target.address or _first(options, "hostname") or target.name
    port = target.port or _port(target.name, _first(options, "port"))
    user = target.user or _first(options, "user") or getpass.getuser()
    alias = _first(options, "hostkeyalias")
    jump = target.jump or _first(options, "proxyjump")
    command = None if target.jump else _first(options, "proxycommand")
    tokens = {"h": address, "p": str(port), "r": user, "n": target.name, "%": "%"}
    return Route(
        name=target.name,
        address=address,
        port=port,
        user=user,
        key=target.key.expanduser() if target.key else None,
        identity_files=tuple(_identity_files(options, tokens)),
        identities_only=_first(options, "identitiesonly") == "yes",
        agent=(_first(options, "identityagent") or "").lower() != "none",
        jumps=tuple(hop.strip() for hop in jump.split(",")) if jump and jump.lower() != "none" else (),
        proxy_command=expand(command, tokens) if command and command.lower() != "none" else None,
        known_hosts=_known_hosts(options),
        host_key_name=alias or address,
    )


def hop_target(spec: str, like: Target) -> Target:
    """The target for `user@host:port` or `ssh://…` of ProxyJump, with the policy and files of `like`."""
    text = spec.removeprefix("ssh://")
    user, at, rest = text.rpartition("@")
    found = re.fullmatch(r"\[([^]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?", rest)
    host = (found.group(1) or found.group(3)) if found else rest
    port = (found.group(2) or found.group(4)) if found else None
    return Target(
        host,
        user=user if at else None,
        port=int(port) if port else None,
        host_keys=like.host_keys,
        known_hosts=like.known_hosts,
        config=like.config,
    )


def host_names(config: Path | None = None) -> tuple[str, ...]:
    """The hosts that ~/.ssh/config names one by one, in its order, included files too; what stands for many is left
    out. Empty when there is no such file or it cannot be read.
    """
    file = config or Path.home() / ".ssh" / "config"
    names: dict[str, None] = {}
    try:
        for line in _with_includes(file):
            word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
            if word.lower() == "host":
                patterns = shlex.split(rest, comments=True)
                names.update(dict.fromkeys(one for one in patterns if not set(one) & set("*?!")))
    except (OSError, ValueError):
        return tuple(names)
    return tuple(names)


def expand(text: str, tokens: Mapping[str, str]) -> str:
    """Replace %h, %p, %r, %n and %% by values quoted for a shell; other tokens stay as they are."""
    return re.sub(
        r"%([hprn%])", lambda found: "%" if found[1] == "%" else shlex.quote(tokens[found[1]]), text
    )


def _port(host: str, text: str | None) -> int:
    if text is None:
        return 22
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise failed(host, "unreachable/config", evidence=f"Port {text}")
    return int(text)


def _options(target: Target) -> Mapping[str, list[str]]:
    user_config = target.config or Path.home() / ".ssh" / "config"
    own_home = Path.home() != _passwd_home()
    explicit = target.config is not None or (own_home and user_config.is_file())
    if target.config is not None and not target.config.exists():
        raise failed(target.name, "unreachable/config", evidence=f"{target.config}: no such file")
    if not user_config.is_file() and (explicit or _is_plain(SYSTEM_CONFIG)):
        return {}
    program = shutil.which("ssh")
    if program is None:
        return _parsed_by_library(target, [user_config] if explicit else [user_config, SYSTEM_CONFIG])
    argv = [program, "-G", *(("-F", str(user_config)) if explicit else ())]
    argv += ["-l", target.user] if target.user else []
    argv += ["-p", str(target.port)] if target.port else []
    try:
        asked = subprocess.run(
            [*argv, "--", target.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CONFIG_SECONDS,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as late:
        raise failed(
            target.name, "unreachable/config", evidence=f"ssh -G gave no answer in {_CONFIG_SECONDS} s"
        ) from late
    if asked.returncode != 0:
        raise failed(target.name, "unreachable/config", evidence=asked.stderr)
    return _lines(asked.stdout)


def _lines(text: str) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        options.setdefault(key.lower(), []).append(value.strip())
    return options


def _first(options: Mapping[str, list[str]], key: str) -> str | None:
    values = options.get(key)
    return values[0] if values else None


def _identity_files(options: Mapping[str, list[str]], tokens: Mapping[str, str]) -> Iterator[Path]:
    named = options.get("identityfile") or [f"~/.ssh/{name}" for name in DEFAULT_KEYS]
    for text in named:
        if text.lower() == "none":
            continue
        bare = text.strip('"').replace("%d", str(Path.home()))
        path = Path(re.sub(r"%([hprn%])", lambda found: tokens[found[1]], bare)).expanduser()
        if path.is_file():
            yield path


def _known_hosts(options: Mapping[str, list[str]]) -> tuple[Path, ...]:
    home = Path.home()
    default = [str(home / ".ssh" / "known_hosts"), str(home / ".ssh" / "known_hosts2")]
    named = _first(options, "userknownhostsfile")
    files = [Path(word).expanduser() for word in (shlex.split(named) if named else default)]
    shared = _first(options, "globalknownhostsfile")
    everywhere = [Path(word) for word in shlex.split(shared)] if shared else list(GLOBAL_KNOWN_HOSTS)
    if home != _passwd_home():
        files = [
            home / file.relative_to(_passwd_home()) if file.is_relative_to(_passwd_home()) else file
            for file in files
        ]
    return tuple(file for file in [*files, *everywhere] if str(file) not in ("none", "/dev/null"))


def _passwd_home() -> Path:
    """The home that ssh itself uses: it does not look at $HOME."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path.home()


def _is_plain(path: Path) -> bool:
    """True when a system configuration changes nothing that matters here: then ssh need not be asked."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    for line in map(str.strip, lines):
        if not line or line.startswith("#") or _WITHOUT_EFFECT.match(line):
            continue
        word, _, rest = line.partition(" ")
        if word.lower() != "include" or any(glob.glob(str(_beside(path, part))) for part in rest.split()):
            return False
    return True


def _beside(config: Path, name: str) -> Path:
    return config.parent / Path(name).expanduser()


def _parsed_by_library(target: Target, files: list[Path]) -> dict[str, list[str]]:
    import paramiko

    text = "\n".join(line for file in files if file.is_file() for line in [*_with_includes(file), "Host *"])
    parser = paramiko.SSHConfig()
    try:
        parser.parse(io.StringIO(text))
        found = parser.lookup(target.name)
    except (paramiko.SSHException, ImportError, ValueError) as wrong:
        raise failed(target.name, "unreachable/config", evidence=str(wrong)) from wrong
    options: dict[str, list[str]] = {}
    for key, value in found.items():
        options[key] = list(value) if isinstance(value, list) else [str(value)]
    return options


def _with_includes(config: Path, depth: int = 0, top: Path | None = None) -> Iterator[str]:
    """The lines with included files in place; the block that an include stands in goes on after it.

    Relative names are meant from beside the file at the top, also in included files.
    """
    top = top or config
    block = "Host *"
    for line in config.read_text(errors="replace").splitlines():
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if word.lower() in ("host", "match"):
            block = line
        if word.lower() != "include" or depth > 15:
            yield line
            continue
        for part in shlex.split(rest):
            for file in sorted(glob.glob(str(_beside(top, part)))):
                yield from _with_includes(Path(file), depth + 1, top)
        yield block
