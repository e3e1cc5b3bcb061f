"""Linux hosts on one machine, for tests: own root, network, processes, sshd and users, up in two seconds.

See README.md in this folder. This module only names what tests use.
"""

from tests.lab.host import Host
from tests.lab.lab import Lab, missing
from tests.lab.settings import HostSettings, LabError, LabUnavailable, repository_binds
from tests.lab.state import leftovers

__all__ = [
    "Host",
    "HostSettings",
    "Lab",
    "LabError",
    "LabUnavailable",
    "leftovers",
    "missing",
    "repository_binds",
]
