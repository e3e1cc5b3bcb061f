"""Parsing and judging ONE typed value: a field, a prompt and a file get one parser and one sentence.

Knows grammar alone and imports nothing of the product. It must not know other answers, hosts or facts.
"""

from __future__ import annotations

from .names import (
    OWN_NAMES,
    HostAddress,
    is_loopback,
    is_own_name,
    parse_cluster_name,
    parse_host_address,
    parse_host_and_port,
    parse_host_name,
    parse_user,
)
from .numbers import (
    format_memory,
    one_of,
    parse_bool,
    parse_hadoop_build,
    parse_memory,
    parse_port,
    parse_short_version,
    parse_version,
    whole_number,
)
from .paths import (
    parse_archive,
    parse_file_system,
    parse_hdfs_address,
    parse_source,
    parse_text,
    path_parser,
)
from .problem import ValueProblem, did_you_mean, nearest, shown
from .ranges import MOST_HOSTS, expand, is_range, parse_hosts, parse_hosts_text, without

__all__ = [
    "MOST_HOSTS",
    "OWN_NAMES",
    "HostAddress",
    "ValueProblem",
    "did_you_mean",
    "expand",
    "format_memory",
    "is_loopback",
    "is_own_name",
    "is_range",
    "nearest",
    "one_of",
    "parse_archive",
    "parse_bool",
    "parse_cluster_name",
    "parse_file_system",
    "parse_hadoop_build",
    "parse_hdfs_address",
    "parse_host_address",
    "parse_host_and_port",
    "parse_host_name",
    "parse_hosts",
    "parse_hosts_text",
    "parse_memory",
    "parse_port",
    "parse_short_version",
    "parse_source",
    "parse_text",
    "parse_user",
    "parse_version",
    "path_parser",
    "shown",
    "whole_number",
    "without",
]
