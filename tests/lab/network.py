"""The lab's wires: one bridge a lab, one veth pair a host, link speed by tc.

Speaks to `ip` and `tc` only; knows names and addresses, not hosts.
"""

import ipaddress
import re
import subprocess

from tests.lab.settings import LabError, LabUnavailable

FIRST, STEP, LABS = int(ipaddress.IPv4Address("10.77.0.0")), 4 * 256, 64


def ip_batch(lines: list[str]) -> None:
    done = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, capture_output=True
    )
    if done.returncode != 0:
        raise LabError(f"ip refused: {done.stderr.strip()} (asked: {'; '.join(lines)})")


def free_subnet(taken: set[str]) -> ipaddress.IPv4Network:
    """A /22 of 10.77.0.0/16 that neither a lab on record nor this machine's routes use."""
    shown = subprocess.run(
        ["ip", "-4", "route", "show", "table", "all"], text=True, capture_output=True, check=True
    )
    routes: list[ipaddress.IPv4Network] = []
    for word in re.findall(
        r"(?m)^(?:broadcast |local |blackhole )?(\d+\.\d+\.\d+\.\d+(?:/\d+)?)", shown.stdout
    ):
        routes.append(ipaddress.IPv4Network(word, strict=False))
    for number in range(LABS):
        net = ipaddress.IPv4Network((FIRST + number * STEP, 22))
        if str(net) not in taken and not any(net.overlaps(route) for route in routes):
            return net
    raise LabError(
        "no free network in 10.77.0.0/16: `python -m tests.lab ls` shows the labs, `down --all` ends them"
    )


def make_bridge(name: str, gateway: str) -> None:
    ip_batch(
        [f"link add {name} type bridge", f"addr add {gateway}/22 dev {name}", f"link set {name} up"],
    )


def connect(bridge: str, outer: str, keeper_pid: int) -> None:
    """A veth pair from the bridge to the network namespace of a keeper, where it is called eth0."""
    ip_batch(
        [
            f"link add {outer} type veth peer name eth0 netns {keeper_pid}",
            f"link set {outer} master {bridge} up",
        ]
    )


def inside(address: str) -> str:
    """`ip -batch` lines for the host's own side. No default route: a host reaches its lab only."""
    return f"link set lo up\naddr add {address}/22 dev eth0\nlink set eth0 up\n"


def shape(outer: str, keeper_pid: int, mbit: float | None, delay_ms: float | None) -> None:
    """Limit both directions of a host's link to `mbit` (Mbit/s); delay what leaves either end by `delay_ms`.

    Raises LabUnavailable where the kernel lacks the queueing discipline.
    """
    enter = ["nsenter", "--target", str(keeper_pid), "--net"]
    for command, device in (([], outer), (enter, "eth0")):
        if delay_ms is not None:
            _qdisc(
                [*command, "tc", "qdisc", "add", "dev", device, "root"], "netem", ["delay", f"{delay_ms}ms"]
            )
        if mbit is not None:
            place = ["root"] if delay_ms is None else ["parent", "1:", "handle", "2:"]
            burst = max(16_000, int(mbit * 1_000_000 / 8 / 100))
            rate = ["rate", f"{mbit}mbit", "burst", str(burst), "latency", "200ms"]
            _qdisc([*command, "tc", "qdisc", "add", "dev", device, *place], "tbf", rate)


def _qdisc(command: list[str], kind: str, options: list[str]) -> None:
    handle = ["handle", "1:"] if "root" in command else []
    done = subprocess.run([*command, *handle, kind, *options], text=True, capture_output=True)
    if done.returncode != 0 and ("unknown" in done.stderr or "No such file" in done.stderr):
        raise LabUnavailable(
            f"this kernel has no {kind} queueing discipline, so the link cannot be made slower by it"
        )
    if done.returncode != 0:
        raise LabError(f"tc refused {kind}: {done.stderr.strip()}")
