"""The paths that sshd and a login write by themselves, one by one and why.

A dry run may change these and nothing else. A path is listed only when it was seen to change.
"""

RECORDS: dict[str, str] = {}


def is_record(path: str) -> bool:
    return path in RECORDS
