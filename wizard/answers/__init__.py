"""The answers file: read, judged, written, edited, and turned into the desired cluster.

Knows what an operator may decide and how it is written down. It must not know what the hosts are like.
"""

from __future__ import annotations

from .answers import Answers, HostEntry
from .build import build_spec
from .editing import add_standby, add_worker, remove_standby, remove_worker, set_value
from .passwords import Passwords, read_password_file
from .problem import BadAnswers, Problem
from .reading import parse_answers, read_answers
from .writing import default_answers, write_answers

__all__ = [
    "Answers",
    "BadAnswers",
    "HostEntry",
    "Passwords",
    "Problem",
    "add_standby",
    "add_worker",
    "build_spec",
    "default_answers",
    "parse_answers",
    "read_answers",
    "read_password_file",
    "remove_standby",
    "remove_worker",
    "set_value",
    "write_answers",
]
