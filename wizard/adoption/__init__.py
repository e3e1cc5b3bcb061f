"""Adoption: the answers that a cluster implies which nobody described, read from its hosts and never written there.

`reading` asks the hosts, `implied` says what follows. It must not know a front end, nor how a host is reached.
"""

from __future__ import annotations

from ..view import Adopted
from .candidates import Candidate
from .gathered import Gathered, Node
from .implied import implied
from .reading import NotAdopted, Pick, Read, adopt, plain_entry

__all__ = [
    "Adopted",
    "Candidate",
    "Gathered",
    "Node",
    "NotAdopted",
    "Pick",
    "Read",
    "adopt",
    "implied",
    "plain_entry",
]
