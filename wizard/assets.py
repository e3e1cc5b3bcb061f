"""Where the product's data files are, in a checkout and in an installed wheel.

Knows one directory and how to read a text from it. It must not know what any asset means.
"""

from __future__ import annotations

from pathlib import Path


def assets_dir() -> Path:
    """The directory of the assets: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def asset_text(name: str) -> str:
    """The text of the asset `name` (a relative path such as "flink/lines.yaml").

    Raises FileNotFoundError when the installation lacks it.
    """
    return (assets_dir() / name).read_text(encoding="utf-8")


def asset_bytes(name: str) -> bytes:
    """The bytes of the asset `name`. Raises FileNotFoundError when the installation lacks it."""
    return (assets_dir() / name).read_bytes()
