"""Names: of hosts, users and clusters, and `user@host:port` as operators type it.

Knows the grammar of one name. It must not know whether such a host exists: nothing is resolved here.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from .numbers import parse_port
from .problem import ValueProblem, shown

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_LOCALHOST = frozenset({"localhost", "localhost.localdomain"})

OWN_NAMES = _LOCALHOST | {"127.0.0.1", "::1"}
"""By these every machine calls itself. Other loopback addresses mean one machine: Debian's 127.0.1.1 its own name."""


def is_own_name(host: str) -> bool:
    """Whether this is a name by which every machine calls itself."""
    return host.lower().removesuffix(".") in OWN_NAMES


@lru_cache(maxsize=4096)  # the same addresses of every host are asked for by many
def is_loopback(text: str | None) -> bool:
    """Whether a name or an address, also in brackets, is loopback by its spelling alone: localhost, 127.0.0.0/8, ::1."""
    plain = (text or "").strip().strip("[]").partition("%")[0]
    if plain.lower().removesuffix(".") in _LOCALHOST:
        return True
    try:
        return ipaddress.ip_address(plain).is_loopback
    except ValueError:
        return re.fullmatch(r"127(\.[0-9]+)+", plain) is not None


@dataclass(frozen=True, slots=True)
class HostAddress:
    """Where to log in, as far as it was typed."""

    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host and self.port else self.host
        return (f"{self.user}@" if self.user else "") + host + (f":{self.port}" if self.port else "")


def parse_host_name(text: str, *, underscores: bool = False) -> str:
    """A host name (RFC 1123) or an IPv4 or IPv6 address, kept as written.

    `underscores` are for names that only ssh sees (an alias in ~/.ssh/config): as a node's address Flink and
    HDFS reject them, because java.net.URI finds no host in them.
    """
    name = text.strip()
    if len(name) > 253:
        raise ValueProblem(f"{shown(name)} is too long for a host name ({len(name)} characters, at most 253)")
    if ":" in name or re.fullmatch(r"[0-9.]+", name):
        return _address(name)
    labels = name.removesuffix(".").split(".")
    for label in labels:
        if "_" in label and not underscores:
            raise ValueProblem(
                f"{shown(name)} has an underscore, which Flink cannot use in a host name; "
                "write another name of the host or its address"
            )
        if len(label) > 63:
            raise ValueProblem(f"{shown(name)} has a part of {len(label)} characters; a host name allows 63")
        if not _LABEL.fullmatch(label.replace("_", "x")):
            raise ValueProblem(
                f"{shown(name)} is not a host name; allowed are letters, digits, dots and inner hyphens"
            )
    return name


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        kind = "an IPv6 address" if text.count(":") > 1 else "a host name or an IPv4 address"
        raise ValueProblem(f"{shown(text)} is not {kind}") from None
    if "%" in text:
        raise ValueProblem(
            f"{shown(text)} holds for one network card only; write an address every node can use"
        )
    return text


def parse_host_address(text: str, *, underscores: bool = False) -> HostAddress:
    """`host`, `user@host`, `host:port`, `user@host:port`; an IPv6 address with a port stands in brackets."""
    typed = text.strip()
    user, at, rest = typed.rpartition("@")
    if ":" in user:
        raise ValueProblem(
            "what stands before the @ holds a colon; passwords do not belong into a host's name"
        )
    if at:
        user = parse_user(user)
    host, port = rest, None
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", rest, re.DOTALL)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
        if ":" not in host:
            raise ValueProblem(
                f"{shown(typed)} is not a host; brackets hold an IPv6 address or follow a name"
            )
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
    return HostAddress(
        parse_host_name(host, underscores=underscores),
        user if at else None,
        None if port is None else parse_port(port),
    )


def parse_host_and_port(text: str) -> str:
    """`host` or `host:port`, as ZooKeeper's servers are written."""
    address = parse_host_address(text)
    if address.user:
        raise ValueProblem(f"{shown(text.strip())} names a user; write host:port")
    return str(address)


def parse_user(text: str) -> str:
    """A Unix user name."""
    name = text.strip()
    if len(name) > 32:
        raise ValueProblem(f"{shown(name)} is too long for a user name ({len(name)} characters, at most 32)")
    if not _USER.fullmatch(name):
        raise ValueProblem(
            f"{shown(name)} is not a user name: a letter or _ first, then letters, digits and _ . -"
        )
    return name


def parse_cluster_name(text: str) -> str:
    """The name of a cluster; it also names a directory."""
    name = text.strip()
    if len(name) > 63:
        raise ValueProblem(
            f"{shown(name)} is too long for a cluster's name ({len(name)} characters, at most 63)"
        )
    if not _CLUSTER.fullmatch(name):
        raise ValueProblem(
            f"{shown(name)} is not a cluster's name: a letter or digit first, then these and . _ -"
        )
    return name
