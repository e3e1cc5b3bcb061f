"""The walk as one list: read the tuples and the whole wizard is explained.

Every step is a module here. It must not know how a step is drawn, nor how a host is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..view import Use
from .apply import APPLY
from .done import DONE
from .findings import FINDINGS
from .flink import FLINK
from .flink_config import FLINK_CONFIG
from .found import FOUND
from .hdfs import HDFS
from .hosts import HOSTS, REPAIR_HOSTS
from .java_home import JAVA_HOME
from .requirements import REQUIREMENTS
from .review import REVIEW
from .ssh_keys import SSH_KEYS
from .step import ByHand, Cell, Standing, State, Step
from .welcome import WELCOME
from .workers import WORKERS

INSTALL: tuple[Step, ...] = (
    WELCOME,
    HOSTS,
    REQUIREMENTS,
    SSH_KEYS,
    JAVA_HOME,
    FLINK,
    FLINK_CONFIG,
    WORKERS,
    HDFS,
    REVIEW,
    APPLY,
    DONE,
)
REPAIR: tuple[Step, ...] = (WELCOME, REPAIR_HOSTS, FOUND, FINDINGS, REVIEW, APPLY, DONE)

WALKS: Mapping[Use, tuple[Step, ...]] = MappingProxyType(
    {"install": INSTALL, "dry-run": INSTALL, "practice": INSTALL, "repair": REPAIR}
)

__all__ = ["INSTALL", "REPAIR", "WALKS", "ByHand", "Cell", "Standing", "State", "Step"]
