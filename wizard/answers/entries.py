"""Hosts as an operator types or pastes them, as entries of the answers.

Knows names, ranges, `user@host:port` and maps in braces. It must not know a file.
"""

from __future__ import annotations

import re

from validators.values import ValueProblem, parse_hosts

from .answers import HostEntry


def parse_host_entries(text: str) -> tuple[HostEntry, ...]:
    """The entries of a pasted list: separated by blanks, commas or line ends; `#` begins a comment.

    Raises:
        ValueProblem: an entry reads badly, or there is none.
    """
    bare = re.sub(r"(^|\s)#.*", r"\1", text)
    words = [word for word in re.split(r"[\s,;]+(?![^\[]*\])", bare) if word]
    if not words:
        raise ValueProblem("name at least one host")
    for word in words:
        parse_hosts(word, underscores=True)
    return tuple(HostEntry(word) for word in words)
