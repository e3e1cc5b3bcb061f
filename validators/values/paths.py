"""Paths and addresses of archives and file systems, each from the text an operator typed.

Knows what Flink's and Hadoop's scripts can live with. It must not know whether a path exists anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from .problem import ValueProblem, shown

_LONGEST = 1024
_BREAKS_SCRIPTS = re.compile(r"""[\s"'`$\\:;&|<>()*?\[\]{}!#]""")
_SYSTEM = frozenset(
    [
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib64",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/sys",
        "/tmp",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/local",
        "/usr/sbin",
        "/usr/share",
        "/var",
        "/var/lib",
        "/var/log",
        "/var/tmp",
    ]
)


def path_parser(
    *, tilde: bool = False, for_scripts: bool = False, own_directory: bool = False
) -> Callable[[str], str]:
    """A parser for absolute paths, without a slash at the end.

    `tilde` also allows `~/…`; `for_scripts` refuses what start scripts or Java's class path break on (blanks,
    quotes, colons); `own_directory` refuses directories of the system: what lies there is replaced whole.
    """

    def parse(text: str) -> str:
        path = _checked(text.strip())
        if path.startswith("~") and not tilde:
            raise ValueProblem(
                f"{shown(path)} starts with ~; write the whole path, it is the same on every node"
            )
        if not path.startswith("/") and not path.startswith("~/"):
            raise ValueProblem(f"{shown(path)} is not an absolute path; it must start with /")
        if ".." in path.split("/"):
            raise ValueProblem(f"{shown(path)} goes up with ..; write the path it leads to")
        if for_scripts and (bad := _BREAKS_SCRIPTS.search(path)):
            what = "a blank" if bad[0].isspace() else bad[0]
            raise ValueProblem(
                f"{shown(path)} holds {what}, which start scripts break on; choose another path"
            )
        clean = re.sub(r"/(\./|/)*", "/", path)
        clean = clean.rstrip("/") or "/"
        if own_directory and clean in _SYSTEM:
            raise ValueProblem(f"{shown(path)} belongs to the system; name a directory of its own below it")
        return clean

    return parse


def _checked(path: str) -> str:
    if len(path) > _LONGEST:
        raise ValueProblem(
            f"{shown(path)} is too long for a path ({len(path)} characters, at most {_LONGEST})"
        )
    if not path.isprintable():
        raise ValueProblem(f"{shown(path)} holds a control character")
    return path


def parse_archive(text: str) -> str:
    """A path or an http(s) address of an archive."""
    place = _checked(text.strip())
    if "://" not in place:
        return path_parser(tilde=True)(place)
    if not place.startswith(("http://", "https://")):
        raise ValueProblem(
            f"{shown(place)} is not an address this program can fetch; use https, http or a path"
        )
    return _address(place)


def parse_source(text: str) -> str:
    """Where Flink or Hadoop comes from: auto, apache, pypi, or a path or an address of an archive."""
    place = text.strip()
    if place in ("auto", "apache", "pypi"):
        return place
    if not place.startswith(("/", "~")) and "://" not in place:
        raise ValueProblem(
            f"{shown(place)} is not a source: auto, apache, pypi, or a path or URL of an archive"
        )
    return parse_archive(place)


def parse_file_system(text: str) -> str:
    """A path or address in a file system that all nodes share, such as hdfs://node0:8020/flink."""
    place = _checked(text.strip())
    return _address(place) if "://" in place else path_parser(for_scripts=True)(place)


def parse_hdfs_address(text: str) -> str:
    """The address of a NameNode or name service, such as hdfs://node0:8020."""
    place = _checked(text.strip())
    if not place.startswith("hdfs://"):
        raise ValueProblem(f"{shown(place)} is not the address of an HDFS; write it like hdfs://node0:8020")
    return _address(place)


def parse_text(text: str) -> str:
    """Any value that goes into a configuration file as it is: one line, no control characters."""
    value = text.strip()
    if len(value) > 8192:
        raise ValueProblem(f"{shown(value)} is too long ({len(value)} characters, at most 8192)")
    if not value.isprintable():
        raise ValueProblem(f"{shown(value)} is not a single line of printable text")
    return value


def _address(place: str) -> str:
    try:
        parts = urlsplit(place)
        named = bool(parts.netloc) or (parts.scheme not in ("http", "https") and bool(parts.path.strip("/")))
        _ = parts.port
    except ValueError:
        raise ValueProblem(f"{shown(place)} is not a URL") from None
    if not named or re.search(r"\s", place):
        raise ValueProblem(f"{shown(place)} is not a URL")
    if parts.password:
        raise ValueProblem("the address holds a password; passwords do not belong in this file")
    return place
