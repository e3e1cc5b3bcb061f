"""Which Flink the answers mean just now, as far as there is one.

Knows the catalogue's versions and the default. It must not know hosts.
"""

from __future__ import annotations

from ..answers.writing import DEFAULT_VERSION
from ..flink.catalogue import is_released, line_of
from ..flink.line import Line
from ..view import View

__all__ = ["DEFAULT_VERSION", "line_for", "version_of"]


def version_of(view: View) -> str:
    """The version that was answered where there is such a release, else that of the spec, else the default."""
    answered = view.answers.text_at("flink.version")
    if answered is not None and is_released(answered):
        return answered
    return view.spec.flink.version if view.spec is not None else DEFAULT_VERSION


def line_for(view: View) -> Line:
    return line_of(version_of(view))
