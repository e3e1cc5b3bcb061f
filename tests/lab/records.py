"""The paths that sshd and a login write by themselves, one by one and why.

A dry run may change these and nothing else. A path is listed only when it was seen to change.
"""

RECORDS: dict[str, str] = {
    "/var/log/auth.log": "sshd's own log: every connection, accepted or refused",
    "/var/log/lastlog": "sshd notes the last login of a user; written by a session with a terminal",
    "/var/log/wtmp": "sshd notes the begin and end of a session with a terminal",
    "/var/log/btmp": "sshd notes a refused password",
}


def is_record(path: str) -> bool:
    return path in RECORDS
