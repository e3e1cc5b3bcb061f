"""A preview as something to keep: a script that does the same by hand, or a runbook to follow.

Knows previews and shell words. It must not know hosts: nothing in it reads or changes one.
"""

from __future__ import annotations

from .runbook import runbook_text
from .script import script_text

__all__ = ["runbook_text", "script_text"]
