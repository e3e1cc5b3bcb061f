"""Gets a Flink distribution into the cache of the control machine, whole and verified, from whichever place gives it."""

from __future__ import annotations

from .obtainer import Obtainer

__all__ = ["Obtainer"]
