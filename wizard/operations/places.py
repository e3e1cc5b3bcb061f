"""Where an account's files are, and what is known of them: `~` stands for the login's home.

Knows names of paths and how facts are looked up by them. It must not know what the files mean.
"""

from __future__ import annotations

from dataclasses import replace

from ..facts import ClusterFacts, HostFacts, PathFacts
from ..needs import Account, Ask, Known, Logins, Paths
from .operation import CannotOperate

BELOW_SSH = (Account, Paths, Known, Logins, Ask)
"""What a file of ~/.ssh has a part in: keys, modes, and every login of this account."""


def home_of(host: HostFacts) -> str:
    """The account's home directory.

    Raises:
        CannotOperate: it was not read.
    """
    if not host.home:
        raise CannotOperate(
            f"The home directory on {host.name} is not known.",
            "the account was not read",
            f"Log in on {host.name} once and see that `echo ~` names a directory that exists.",
        )
    return host.home.rstrip("/") or "/"


def absolute(path: str, host: HostFacts) -> str:
    """The path with `~` replaced. Raises CannotOperate when that is needed and the home is not known."""
    if path == "~":
        return home_of(host)
    return f"{home_of(host)}/{path[2:]}" if path.startswith("~/") else path


def under_home(path: str, host: HostFacts) -> str:
    """The path with the home directory written as `~`, as requests for facts name it."""
    home = (host.home or "").rstrip("/")
    return "~" + path[len(home) :] if home and path.startswith(home + "/") else path


def path_at(host: HostFacts, path: str) -> PathFacts | None:
    """What was read of a path, under whichever of its names; None when it was not read."""
    if path in host.paths:
        return host.paths[path]
    if host.home is None:
        return None
    for name in (absolute(path, host), under_home(path, host)):
        if name in host.paths:
            return host.paths[name]
    return None


def text_at(host: HostFacts, path: str) -> str | None:
    """The text of a file, None for a missing one.

    Raises:
        CannotOperate: the file is there, but its text could not be read: then it must not be written either.
    """
    found = path_at(host, path)
    if found is None or not found.exists:
        return None
    if found.text is None:
        raise CannotOperate(
            f"{path} on {host.name} cannot be read as text.",
            f"{found.kind}, {found.size if found.size is not None else 'unknown'} bytes, owner "
            f"{found.owner or 'unknown'}",
            f"Look at {path} on {host.name}; it must be a readable text file of at most 1 MiB.",
        )
    return found.text


def with_file(facts: ClusterFacts, host: str, path: str, text: str | None, mode: int) -> ClusterFacts:
    """The facts once this file of the account holds this text, under each of the path's names."""
    seen = facts[host]
    old = path_at(seen, path) or PathFacts(path, "file")
    new = replace(old, kind="file", mode=mode, owner=seen.user or "", writable=True, text=text, sha256=None)
    names = (path, absolute(path, seen), under_home(path, seen)) if seen.home else (path,)
    return facts.added(host, paths=dict.fromkeys(names, new))
