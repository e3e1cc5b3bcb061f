"""What must never be shown: passwords and passphrases, wrapped where they enter the program.

Knows how a secret may look once it has been quoted or encoded, so that it can be masked in any text. It must
not know where secrets come from, nor what uses them.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import threading
from collections.abc import Iterable
from typing import final
from urllib.parse import quote, quote_plus

DOTS = "•••"
"""What stands where a secret was."""


@final
class Secret:
    """A text that only `reveal` gives away: printing, formatting, `repr` and pickling do not."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; ask for it where it is used, and nowhere earlier."""
        return self._value

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(DOTS, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written to disk")


class Masker:
    """Replaces every known secret in a text, in whatever form it got there; safe to share between threads."""

    def __init__(self, secrets: Iterable[Secret | None] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: Secret | None) -> None:
        """Mask these from now on; None and empty secrets are ignored."""
        with self._lock:
            self._known.update(secret.reveal() for secret in secrets if secret)
            forms = {form for value in self._known for form in _forms(value)}
            longest_first = sorted(forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(_as_pattern, longest_first))) if forms else None

    def mask(self, text: str) -> str:
        """The text with dots where a secret was; the same text when it holds none."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(DOTS, text)


def _forms(value: str) -> set[str]:
    forms: set[str] = set()
    for text in {value, value.strip()} - {""}:
        quoted = shlex.quote(text)
        forms |= {
            text,
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            repr(text)[1:-1],
            repr(text.encode())[2:-1],
            quoted[1:-1] if quoted.startswith("'") else quoted,
            text.replace("'", "'\\''"),
            re.sub(r"([^\w@%+=:,./-])", r"\\\1", text),
            re.sub(r'([\\"$`])', r"\\\1", text),
            quote(text, safe=""),
            quote_plus(text),
            text.encode().hex(),
        }
        forms |= _base64_forms(text)
    # A form of a long secret is never so short that ordinary words would be masked with it.
    return {form for form in forms if len(form) >= min(4, len(value))}


def _base64_forms(text: str) -> set[str]:
    """Base64 of the secret alone, and the part that stays the same wherever it lies in what was encoded."""
    raw = text.encode()
    forms: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for ending in (b"", b"\n"):
            whole = encode(raw + ending).decode()
            forms |= {whole, whole.rstrip("=")}
        if len(raw) < 6:
            continue
        for offset in range(3):
            encoded = encode(bytes(offset) + raw).decode()
            first = -(-offset * 8 // 6)
            last = (offset + len(raw)) * 8 // 6
            forms.add(encoded[first:last])
    return forms


def _as_pattern(form: str) -> str:
    """One or two letters are masked only as a word of their own: else no text would be left."""
    escaped = re.escape(form)
    return escaped if len(form) > 2 else rf"(?<!\w){escaped}(?!\w)"
