"""A lab: several hosts on one bridge, their start, their end, and the comparison of what changed on them.

Knows who owns the lab and keeps that on record; how a root is built is the keeper's, its content the image's.
"""

import atexit
import contextlib
import dataclasses
import ipaddress
import itertools
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from tests.lab import image, network, state
from tests.lab.host import Host
from tests.lab.layer import Signature, differences
from tests.lab.records import is_record
from tests.lab.settings import HostSettings, LabError, LabUnavailable

PROGRAMS = {
    "ip": "iproute2",
    "tc": "iproute2",
    "tini": "tini",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "taskset": "util-linux",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "nft": "nftables",
}
FIRST_HOST, FIRST_EXTRA = 10, 256
Snapshot = dict[str, dict[str, Signature]]


def missing() -> list[str]:
    """Why this machine cannot run a lab; empty when it can."""
    reasons = [] if os.geteuid() == 0 else ["the lab needs root"]
    paths = os.environ.get("PATH", "/usr/bin:/bin").split(":")
    os.environ["PATH"] = ":".join(dict.fromkeys([*paths, "/usr/sbin", "/sbin"]))
    packages = sorted({package for name, package in PROGRAMS.items() if shutil.which(name) is None})
    if packages:
        reasons.append(f"the lab needs the packages {' '.join(packages)}")
    with open("/proc/filesystems") as known:
        if "overlay" not in known.read() and not os.path.isdir("/sys/module/overlay"):
            reasons.append("this kernel has no overlay file system")
    return reasons


class Lab:
    """Use `Lab.up(…)`, as a context manager or with `down()`. Hosts are found by name: `lab["node1"]`."""

    _mine: ClassVar[set["Lab"]] = set()
    """Labs of this process that are up, held here also when nobody else does: a failed set-up forgets its own."""

    def __init__(self, lab_id: str, content: dict[str, Any]) -> None:
        self.id = lab_id
        self.subnet = ipaddress.IPv4Network(content["subnet"])
        self.gateway = str(self.subnet[1])
        self.bridge = f"fw{lab_id}br"
        self._owner: list[int] | None = content["owner"]
        self._hosts: dict[str, Host] = {}
        self._next = content.get("next", 0)
        self._children: list[subprocess.Popen[str]] = []
        self._extra = itertools.count(FIRST_EXTRA)

    @classmethod
    def up(cls, hosts: int | Iterable[HostSettings] = 3, *, stays: bool = False) -> "Lab":
        """Start a lab. `hosts`: how many (node0, node1, …) or their settings; `stays`: outlive this process.

        Raises LabUnavailable where this machine cannot, LabError where a host did not start.
        """
        if reasons := missing():
            raise LabUnavailable("; ".join(reasons))
        wanted = [HostSettings(f"node{n}") for n in range(hosts)] if isinstance(hosts, int) else list(hosts)
        with state.locked():
            state.sweep()
            taken = {content["subnet"] for lab_id in state.lab_ids() if (content := state.load(lab_id))}
            owner = state.Alive.of(os.getpid())
            assert owner is not None
            content = {
                "owner": None if stays else [owner.pid, owner.started],
                "subnet": str(network.free_subnet(taken)),
                "hosts": [],
            }
            lab = cls(secrets.token_hex(3), content)
            lab._save()
            cls._mine.add(lab)
        try:
            network.make_bridge(lab.bridge, lab.gateway)
            lab._start(wanted)
        except BaseException:
            lab.down()
            raise
        return lab

    @classmethod
    def attach(cls, lab_id: str) -> "Lab":
        """The lab of that id, started by whatever process; this one does not become its owner."""
        content = state.load(lab_id)
        if content is None:
            raise LabError(f"there is no lab {lab_id}: `python -m tests.lab ls` shows those that are up")
        lab = cls(lab_id, content)
        for host in content["hosts"]:
            settings = HostSettings(**_tuples(host["settings"]))
            keeper, init = state.Alive(*host["keeper"]), state.Alive(*host["init"])
            more = [host[name] for name in ("backing", "link", "cpus", "own_overlays")]
            lab._hosts[settings.name] = Host(settings, host["address"], keeper, init, *more)
        return lab

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def __getitem__(self, name: str) -> Host:
        try:
            return self._hosts[name]
        except KeyError:
            raise LabError(f"lab {self.id} has no host {name}, only {', '.join(self._hosts)}") from None

    @property
    def hosts(self) -> list[Host]:
        return list(self._hosts.values())

    @property
    def password(self) -> str:
        """The password of the first host's users (the same on all, unless settings say otherwise)."""
        return self.hosts[0].settings.password

    def add(self, settings: HostSettings) -> Host:
        """One more host, known by name to those that are there."""
        self._start([settings])
        names = self._names()
        for host in self.hosts:
            if host.name != settings.name:
                host.write("/etc/hosts", image.hosts_file(names))
        return self[settings.name]

    def down(self) -> None:
        """End all hosts and leave nothing. Safe to repeat."""
        with state.locked():
            state.remove(self.id)
        for keeper in self._children:
            keeper.wait()
        self._children.clear()
        self._hosts.clear()
        self._mine.discard(self)

    def snapshot(self) -> Snapshot:
        return {host.name: host.changed_files() for host in self.hosts}

    def changes_since(self, snapshot: Snapshot) -> dict[str, list[str]]:
        """Host -> changed paths, without what sshd and logins record; a host without changes is left out."""
        found: dict[str, list[str]] = {}
        for name, after in self.snapshot().items():
            paths = [path for path in differences(snapshot.get(name, {}), after) if not is_record(path)]
            if paths:
                found[name] = paths
        return found

    def many_addresses(self, host: Host, count: int) -> list[str]:
        """Give one host `count` further addresses (sshd answers on each); the new addresses."""
        fresh = [str(self.subnet[next(self._extra)]) for _ in range(count)]
        lines = "".join(f"addr add {address}/22 dev eth0\n" for address in fresh)
        host.exec(["ip", "-batch", "-"], stdin=lines)
        return fresh

    def ssh_config(self) -> str:
        """Text for an operator's ~/.ssh/config, by which this machine knows the hosts by name too."""
        lines: list[str] = []
        for host in self.hosts:
            lines += [f"Host {host.name}", f"  HostName {host.address}", f"  Port {host.port}"]
            lines += [f"  User {host.settings.users[0]}"]
        return "\n".join(lines) + "\n"

    def _names(self) -> dict[str, str]:
        return {host.name: host.address for host in self.hosts}

    def _start(self, wanted: Sequence[HostSettings]) -> None:
        numbered = list(enumerate(wanted, self._next))
        self._next += len(wanted)
        names = self._names() | {s.name: str(self.subnet[FIRST_HOST + n]) for n, s in numbered}
        if len(names) != len(self._hosts) + len(wanted):
            raise LabError(f"host names are not unique: {[s.name for s in wanted]}")
        with ThreadPoolExecutor(max_workers=8) as pool:
            started = list(pool.map(lambda each: self._start_one(each[0], each[1], names), numbered))
        for host in started:
            self._hosts[host.name] = host
        self._save()

    def _start_one(self, number: int, settings: HostSettings, names: dict[str, str]) -> Host:
        address = names[settings.name]
        backing = f"{state.ROOT}/{self.id}/{settings.name}"
        os.makedirs(backing, exist_ok=True)
        with open(f"{state.ROOT}/{self.id}/{settings.name}.log", "w+") as log, contextlib.ExitStack() as undo:
            keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", state.KEEPER, self.id],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                cwd="/",
                text=True,
            )
            undo.callback(keeper.wait)
            undo.callback(keeper.kill)
            assert keeper.stdin and keeper.stdout
            known = state.Alive.of(keeper.pid)
            keys = image.fresh_host_keys()
            plan = image.keeper_plan(settings, names, keys, backing, network.inside(address), number)
            keeper.stdin.write(json.dumps(plan) + "\n")
            keeper.stdin.flush()
            self._expect(keeper, "namespaces", settings.name, log)
            link = f"fw{self.id}v{number}"
            network.connect(self.bridge, link, keeper.pid)
            keeper.stdin.write("go\n")
            keeper.stdin.flush()
            init = state.Alive.of(int(self._expect(keeper, "init", settings.name, log)))
            if known is None or init is None:
                raise LabError(f"{settings.name} ended as it started")
            keeper.stdin.close()
            keeper.stdout.close()
            host = Host(settings, address, known, init, backing, link, plan["cpus"], plan["own_overlays"])
            if settings.link_mbit is not None or settings.link_delay_ms is not None:
                network.shape(link, known.pid, settings.link_mbit, settings.link_delay_ms)
            host.wait_for_ssh()
            undo.pop_all()
            self._children.append(keeper)
        return host

    @staticmethod
    def _expect(keeper: subprocess.Popen[str], word: str, name: str, log: Any) -> str:
        assert keeper.stdout
        ready, _, _ = select.select([keeper.stdout], [], [], 30)
        line = keeper.stdout.readline() if ready else ""
        if not line.startswith(word):
            log.seek(0)
            told = (log.read().strip() or "no message").splitlines()[-1]
            if "Operation not permitted" in told:
                raise LabUnavailable(f"root may not make namespaces or mounts on this machine: {told}")
            raise LabError(f"{name} did not start (waited for '{word}'): {told}")
        return line.removeprefix(word).strip()

    def _save(self) -> None:
        hosts = [host.to_record() | {"settings": dataclasses.asdict(host.settings)} for host in self.hosts]
        content = {"owner": self._owner, "subnet": str(self.subnet), "next": self._next, "hosts": hosts}
        state.save(self.id, content)

    @classmethod
    def down_all(cls) -> None:
        """End every lab that this process owns, whoever has forgotten it.

        Raises TimeoutError where a process outlived SIGKILL; the other labs are ended all the same.
        """
        with contextlib.ExitStack() as all:
            for lab in cls._mine:
                if lab._owner and lab._owner[0] == os.getpid():
                    all.callback(lab.down)


atexit.register(Lab.down_all)


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples; HostSettings has no lists."""

    def deep(value: Any) -> Any:
        return tuple(map(deep, value)) if isinstance(value, list) else value

    return {name: deep(value) for name, value in settings.items()}
