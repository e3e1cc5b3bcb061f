"""Which texts are secrets by their name: values of configuration keys, in the answers and on the hosts.

Knows key names. It must not know who masks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from .facts import ClusterFacts, HostFacts
from .flink.catalogue import line_of
from .flink.configfile import ConfigUnreadable, read_config
from .flink.keys import is_secret
from .flink.line import FLAT_CONFIG
from .secrets import Secret
from .spec import ClusterSpec


def secrets_in(config: Mapping[str, str]) -> Iterator[Secret]:
    """Values of configuration keys that are secrets by their name."""
    for key, value in config.items():
        if is_secret(key) and len(value) >= 4 and value.lower() not in {"true", "false"}:
            yield Secret(value)


def secrets_seen(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Secret]:
    """The same of the configurations that stand on the hosts, which diffs and journals quote."""
    for host in spec.names:
        yield from secrets_on(spec, facts[host])


def secrets_on(spec: ClusterSpec, seen: HostFacts) -> Iterator[Secret]:
    """The same of one host."""
    line = line_of(spec.flink.version)
    for name in {line.config.file, FLAT_CONFIG}:
        file = seen.conf_file(spec.flink.home, name)
        if file is None or file.text is None:
            continue
        with suppress(ConfigUnreadable):
            yield from secrets_in(read_config(file.text, "flat" if name == FLAT_CONFIG else line).values)
