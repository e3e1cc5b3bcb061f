"""Fingerprints of SSH public keys, as ssh itself prints them.

Knows the blob of a key and nothing else: neither files nor hosts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib


def fingerprint(blob: str) -> str:
    """The SHA-256 fingerprint of a base64 key blob, such as "SHA256:lB1h…" (`ssh-keygen -lf` prints the
    same).

    A blob that is not base64 has no fingerprint and is called "not a key".
    """
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return "not a key"
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
