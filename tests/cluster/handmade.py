"""A Flink cluster made by hand on lab hosts, with Flink's own scripts and none of the product.

Knows what an operator types; knows nothing of the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.cluster.driving import ARCHIVES, as_seen
from tests.distributions import cache_root, flink_archive
from tests.lab import Host, HostSettings, Lab


def node(name: str, user: str, **settings: object) -> HostSettings:
    """A host that a cluster is made on by hand: it sees the archives."""
    return HostSettings(name, users=(user,), binds=((str(cache_root()), ARCHIVES, True),), **settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Handmade:
    """What is set up: a home, a link to it, one user, and a configuration with what differs from host to host."""

    version: str
    home: str
    link: str
    user: str
    master: str
    workers: Sequence[str]
    config: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    listed: str = ""
    """The text of the list of workers."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.master, *self.workers)))

    def unpack(self, host: Host) -> None:
        archive = as_seen(flink_archive(self.version))
        base = self.home.rpartition("/")[0]
        host.exec(
            f"mkdir -p {base} && tar -xzf {archive} -C {base} && ln -sfn {self.home.rpartition('/')[2]} {self.link}"
            f" && chown -R {self.user}: {base}",
            timeout=120,
        )

    def configure(self, host: Host) -> None:
        """The shipped file with its own lines taken out, and those that were decided, as a careful hand would."""
        values = {**self.config, **self.own.get(host.name, {})}
        name = "config.yaml" if self.version.startswith(("1.19", "1.20", "2.")) else "flink-conf.yaml"
        lists = "slaves" if self.version.startswith(("1.9", "1.8")) else "workers"
        lines = "".join(f"{key}: {value}\n" for key, value in values.items())
        host.write(f"{self.home}/conf/{name}", f"# edited by hand\n{lines}", owner=self.user)
        host.write(
            f"{self.home}/conf/{lists}", self.listed or "\n".join(self.workers) + "\n", owner=self.user
        )

    def authorize(self, lab: Lab) -> None:
        """A key pair on the master that every host trusts, and the master's own list of known hosts."""
        first = lab[self.master]
        home = f"/home/{self.user}"
        first.exec(
            f"mkdir -p -m 700 .ssh && ssh-keygen -q -t rsa -b 2048 -N '' -f {home}/.ssh/id_rsa",
            user=self.user,
        )
        public = first.read(f"{home}/.ssh/id_rsa.pub")
        for name in self.names:
            lab[name].exec("mkdir -p -m 700 .ssh && cat >> .ssh/authorized_keys && chmod 600 .ssh/authorized_keys",
                           user=self.user, stdin=public)  # fmt: skip
        for name in self.names:
            host = lab[name]
            known = f"ssh-keyscan -p {host.port} {name} 2>/dev/null >> .ssh/known_hosts"
            first.exec(known, user=self.user)

    def make(self, lab: Lab) -> None:
        for name in self.names:
            self.unpack(lab[name])
            self.configure(lab[name])
        self.authorize(lab)

    def start(self, lab: Lab) -> str:
        started = lab[self.master].exec(
            ["bash", "-l", f"{self.link}/bin/start-cluster.sh"], user=self.user, timeout=180
        )
        return started.stdout + started.stderr
