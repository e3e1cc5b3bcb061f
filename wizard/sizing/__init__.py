"""Sizes for a cluster: suggested from what its hosts have, and checked while they are typed.

The door to this part; the work is in `suggesting.py` and `checking.py`. It must not know any host by itself.
"""

from wizard.sizing.capacity import HostCapacity
from wizard.sizing.checking import Concern, concerns, crosscheck
from wizard.sizing.disks import Disk, disk_of, temporary_directories
from wizard.sizing.suggesting import Suggestion, Suggestions, suggest

__all__ = [
    "Concern",
    "Disk",
    "HostCapacity",
    "Suggestion",
    "Suggestions",
    "concerns",
    "crosscheck",
    "disk_of",
    "suggest",
    "temporary_directories",
]
