"""Values that a run learns on its way, as shell: how a script gets one that no command before it has given.

A list of names, each with the program that prints the value on its host. It must not know when one is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..commands import Later, Run, shell
from ..spec import ClusterSpec

PROVED_BY_SCRIPT = "exported script"
"""Stands where a run notes which processes it proved: no process list equals it, so the next apply proves anew."""

_PUBLIC_KEY = """set -e
case $1 in "~/"*) set -- "$HOME/${1#"~/"}" ;; esac
cat -- "$1.pub\""""

_JAVA_HOME = """set -e
java=$(command -v java) || { echo "no java on the PATH" >&2; exit 1; }
java=$(readlink -f "$java")
printf '%s\\n' "${java%/bin/java}\""""


def _public_key(spec: ClusterSpec) -> Run:
    return shell(_PUBLIC_KEY, spec.ssh.cluster_key, why="read the public half of the cluster key")


def _java_home(spec: ClusterSpec) -> Run:
    del spec
    return shell(_JAVA_HOME, why="find the home of the Java on the PATH")


def _proof_key(spec: ClusterSpec) -> Run:
    del spec
    return Run(("printf", "%s", PROVED_BY_SCRIPT), "the mark of a proof that this script made")


EXPRESSIONS: Mapping[str, Callable[[ClusterSpec], Run]] = MappingProxyType(
    {
        "public-key": _public_key,
        "java-home": _java_home,
        "proof-key": _proof_key,
    }
)


def expression(later: Later, spec: ClusterSpec) -> Run | None:
    """The program that prints this value on `later.host`; None where only the operator can say it."""
    make = EXPRESSIONS.get(later.name)
    return make(spec) if make else None
