"""Connect and run with paramiko alone: the least that a program in Python does to ask many hosts something.

Knows the library and an operator's key. It must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.keys import OperatorKey

Commands = Sequence[tuple[str, str]]
"""Command lines, each with what it is given on stdin."""


def connect_and_run(
    addresses: Sequence[str], key: OperatorKey, commands: Callable[[str], Commands], at_once: int
) -> None:
    """One connection an address, its commands one after another on it; `at_once` hosts at a time.

    Raises:
        RuntimeError: a command ended badly.
    """
    import paramiko

    def one(address: str) -> None:
        client = paramiko.SSHClient()
        client.load_host_keys(str(key.known_hosts))
        client.connect(
            address,
            username="flink",
            key_filename=str(key.private),
            allow_agent=False,
            look_for_keys=False,
        )
        for line, given in commands(address):
            stdin, stdout, _ = client.exec_command(line)
            stdin.write(given)
            stdin.channel.shutdown_write()
            stdout.read()
            status = stdout.channel.recv_exit_status()
            if status != 0:
                raise RuntimeError(f"{line} ended with {status} on {address}")
        client.close()

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, addresses))
