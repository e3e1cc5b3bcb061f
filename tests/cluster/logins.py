"""Logins of tests on lab hosts: by password, from outside, with a client that remembers nothing.

Knows paramiko and the lab's hosts; knows nothing of the product.
"""

import contextlib
from collections.abc import Iterator

import paramiko

from tests.lab import Host


@contextlib.contextmanager
def login(host: Host, password: str | None = None) -> Iterator[paramiko.SSHClient]:
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            host.address,
            host.port,
            host.settings.users[0],
            password or host.settings.password,
            allow_agent=False,
            look_for_keys=False,
            timeout=5,
        )
        yield client


def ask(host: Host, command: str, password: str | None = None, terminal: bool = False) -> str:
    with login(host, password) as client:
        _, out, _ = client.exec_command(command, get_pty=terminal, timeout=10)
        return out.read().decode().strip()
