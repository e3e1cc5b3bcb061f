"""Where a login goes and what opens it: the values of a connection before there is one.

Knows no socket and no library. It must not be printed with its secrets: those are wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.secrets import Secret

HostKeyPolicy = Literal["ask", "accept-new", "strict"]


@dataclass(frozen=True, slots=True)
class Target:
    """One host as answers name it; what is None comes from the ssh configuration, then ssh's defaults.

    `address` is where to connect when it differs from `name`; `key` is the only private key tried;
    `known_hosts` is the wizard's own file, the only one it appends to; `config` replaces ~/.ssh/config; `jump` is the
    host on the way, as ProxyJump has it.
    """

    name: str
    user: str | None = None
    port: int | None = None
    address: str | None = None
    key: Path | None = None
    host_keys: HostKeyPolicy = "ask"
    known_hosts: Path | None = None
    config: Path | None = None
    jump: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """The secrets of a login. `jump` is for hosts on the way: they are never sent the target's password."""

    password: Secret | None = None
    passphrase: Secret | None = None
    use_agent: bool = True
    use_default_keys: bool = True
    jump: Login | None = None

    def for_jump(self) -> Login:
        """What may be shown to a host on the way: its own login, else keys and the agent alone."""
        return self.jump or Login(
            passphrase=self.passphrase, use_agent=self.use_agent, use_default_keys=self.use_default_keys
        )


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: for an address to accept, for the server's first line and key exchange, for each login try."""

    connect: float = 10.0
    banner: float = 30.0
    auth: float = 30.0
