"""How lines that an operator would type are put together: logins, quoting, lists of hosts.

Knows shells and the names in a spec. It must not know any step.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from functools import wraps

from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .step import ByHand

SHOWN = 12
"""Hosts for which a line is written out; the others are counted."""

ByHandOf = Callable[[View, ClusterSpec], tuple[ByHand, ...]]


def of_spec(make: ByHandOf) -> Callable[[View], tuple[ByHand, ...]]:
    """What is typed for a cluster; while no cluster is named, where to name it."""

    @wraps(make)
    def by_hand(view: View) -> tuple[ByHand, ...]:
        if view.spec is None:
            return (
                ByHand("Nothing to type yet", ("# Name the master and a worker on the step Hosts first.",)),
            )
        return make(view, view.spec)

    return by_hand


def word(text: str) -> str:
    """One word for a shell. A leading ~/ stays free, so that it is the home directory."""
    text = one_line(text, 4096)
    if text.startswith("~/"):
        return "~/" + shlex.quote(text[2:]) if text[2:] else "~/"
    return shlex.quote(text)


def file_of(view: View) -> str:
    """The answers file as one would type it. That of a practice walk does not outlive it, so only its name is told."""
    if not view.file:
        return "FILE"
    return "answers.yaml" if view.use == "practice" else word(view.file)


def user_of(spec: ClusterSpec, host: HostSpec) -> str:
    return host.user or spec.user


def port_of(spec: ClusterSpec, host: HostSpec) -> int | None:
    return host.port or spec.ssh.port


def login(spec: ClusterSpec, host: HostSpec, *options: str) -> str:
    """The beginning of an ssh command from this machine, such as `ssh -p 2222 flink@node1`."""
    port, key = port_of(spec, host), host.key or spec.ssh.key
    words = ["ssh", *options]
    words += ["-p", str(port)] if port else []
    words += ["-i", word(key)] if key else []
    words += ["-J", word(spec.ssh.jump)] if spec.ssh.jump not in (None, host.name) else []
    return " ".join((*words, word(f"{user_of(spec, host)}@{host.ssh_name or host.name}")))


def from_master(spec: ClusterSpec, host: HostSpec, *options: str) -> str:
    """The beginning of an ssh command on the master, which calls a host by its address."""
    port = port_of(spec, host)
    words = ["ssh", *options, *(["-p", str(port)] if port else [])]
    name = host.address if user_of(spec, host) == spec.user else f"{user_of(spec, host)}@{host.address}"
    return " ".join((*words, word(name)))


def lines_for(hosts: Sequence[HostSpec], line: Callable[[HostSpec], str]) -> tuple[str, ...]:
    """A line for each host; of many hosts, the first and how many follow."""
    shown = tuple(line(host) for host in hosts[:SHOWN])
    left = len(hosts) - len(shown)
    return (*shown, f"# and so on, for {left} more hosts") if left else shown


def names(hosts: Iterable[str], most: int = 6) -> str:
    """Host names for a sentence: all of few, the first of many."""
    every = [one_line(name, 60) for name in hosts]
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def parent(path: str) -> str:
    """The directory above a path."""
    return path.rstrip("/").rpartition("/")[0] or "/"
