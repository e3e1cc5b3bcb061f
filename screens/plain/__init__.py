"""The walk in line mode: the same steps, questions and events, one line after another.

For serial consoles, screen readers and terminals without a cursor. It must not know how anything is decided or done.
"""

from .entry import run

__all__ = ["run"]
