"""What a lab host can be asked to look like.

Plain values; knows nothing of how a host is built or reached.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse-7"

Bind = tuple[str, str, bool]


class LabError(Exception):
    """The lab could not do what was asked; the text says what, where and what to do."""


class LabUnavailable(LabError):
    """This machine cannot run the lab (or this part of it): a reason to skip, not to fail."""


@dataclass(frozen=True)
class HostSettings:
    """One host. Memory and disk in MiB, link speed in Mbit/s, delay in ms; None leaves what the machine has.

    - cores: what /proc/cpuinfo, /sys/devices/system/cpu and `nproc` say.
    - java: "outer" for the machine's own, None for none at all, or the list of Java homes that stay visible.
    - sudo: None hides sudo; "password" asks for the user's password; "nopasswd" does not ask.
    - users: the first is the one that tests usually mean; all have the same password.
    - binds: (source outside, target inside, readonly); parents of the target are made searchable by all.
    - hidden: further paths of the outer machine that this host must not have (say "/usr/bin/rsync").
    - files: path -> text, put in place before sshd starts (mode 0644, owned by root).
    - cgroup_files: path below /sys/fs/cgroup -> text; none means an empty /sys/fs/cgroup.
    - sshd_config: lines that win over the lab's own.
    """

    name: str = "node0"
    memory_mib: int | None = None
    cores: int | None = None
    java: str | tuple[str, ...] | list[str] | None = "outer"
    link_mbit: float | None = None
    link_delay_ms: float | None = None
    password: str = PASSWORD
    sudo: str | None = None
    ssh_port: int = 22
    users: tuple[str, ...] = ("flink",)
    binds: tuple[Bind, ...] = ()
    hidden: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    cgroup_files: tuple[tuple[str, str], ...] = ()
    sshd_config: tuple[str, ...] = ()
    disk_mib: int = 10240

    def __post_init__(self) -> None:
        if self.sudo not in (None, "password", "nopasswd"):
            raise LabError(f"{self.name}: sudo is {self.sudo!r}; say None, 'password' or 'nopasswd'")
        if isinstance(self.java, str) and self.java != "outer":
            raise LabError(f"{self.name}: java is {self.java!r}; say 'outer', None or a list of Java homes")


def repository_binds() -> tuple[Bind, ...]:
    """Binds with which a host can run this checkout, read-only, with this very interpreter."""
    wanted = [str(REPOSITORY), sys.prefix, sys.base_prefix]
    kept: list[str] = []
    for path in wanted:
        visible = path.split("/")[1] in ("usr", "opt") and path != str(REPOSITORY)
        if not visible and not any(path == other or path.startswith(other + "/") for other in kept):
            kept.append(path)
    return tuple((path, path, True) for path in kept)
