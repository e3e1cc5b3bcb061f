"""The answers file: read, judged, written, edited, and turned into the desired cluster.

Knows what an operator may decide and how it is written down. It must not know what the hosts are like.
"""

from __future__ import annotations

from .answers import Answers, HostEntry
from .build import build_spec, is_here
from .problem import BadAnswers, Problem
from .reading import parse_answers, read_answers

__all__ = [
    "Answers",
    "BadAnswers",
    "HostEntry",
    "Problem",
    "build_spec",
    "is_here",
    "parse_answers",
    "read_answers",
]
