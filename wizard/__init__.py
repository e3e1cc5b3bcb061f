"""The wizard itself: it decides and acts, and every front end goes through it.

This module knows where the sister packages `screens` and `validators` lie: under `_parts` in a wheel,
beside this folder in a checkout. They come first on the path: PyPI has another package named `validators`.
"""

import sys
from pathlib import Path

__version__ = "0.1.0.dev0"

_here = Path(__file__).resolve().parent
_parts = _here / "_parts"
sys.path.insert(0, str(_parts if _parts.is_dir() else _here.parent))
