"""The commands that need nobody: apply, export, status, start, stop and their like, over one session each."""

from __future__ import annotations

from .dispatch import run_command
from .opening import Cancelled, Refused

__all__ = ["Cancelled", "Refused", "run_command"]
