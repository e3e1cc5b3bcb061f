"""What entries stage ailments with: commands on a host, lines of its configuration, daemons that stop and start.

Each function makes an act: a step that is carried out on a cluster later.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.cluster.ailments.ailment import Act, Undo
from tests.cluster.ailments.bench import PATIENCE, Bench
from tests.cluster.driving import until
from tests.lab import Host, faults
from tests.lab.faults import Fault

SSH = "/home/flink/.ssh"
JAVA_25 = "/usr/lib/jvm/temurin-25-jdk-amd64"

_CLASSES = {
    "jobmanager": "[S]tandaloneSession",
    "taskmanager": "[T]askManagerRunner",
    "zookeeper": "[F]linkZooKeeperQuorumPeer",
    "namenode": "[n]amenode.NameNode",
    "datanode": "[d]atanode.DataNode",
}


def each(*acts: Act) -> Act:
    """These acts, one after the other."""

    def act(bench: Bench) -> list[Undo]:
        done: list[Undo] = []
        for one in acts:
            undo = one(bench)
            done += undo if isinstance(undo, (list, tuple)) else [undo]  # pyright: ignore
        return done

    return act


def root(host: str, command: str, back: str = "") -> Act:
    """A command as root; `back` takes it back."""

    def act(bench: Bench) -> Undo:
        bench.root(host, command)
        return (lambda: bench.root(host, back)) if back else None

    return act


def flink(host: str, command: str, back: str = "") -> Act:
    """A command as the user of Flink, in Flink's home."""

    def act(bench: Bench) -> Undo:
        bench.flink(host, command)
        return (lambda: bench.flink(host, back)) if back else None

    return act


def fault(host: str, make: Callable[[Host], Fault]) -> Act:
    return lambda bench: make(bench.node(host))


def own_firewall(host: str, rules: str) -> Act:
    return fault(host, lambda node: faults.firewall(node, rules))


def loopback(host: str, name: str) -> Act:
    """The line of this name in /etc/hosts says 127.0.1.1."""
    return root(
        host,
        f"sed 's/.* {name}$/127.0.1.1 {name}/' /etc/hosts > /tmp/h && cat /tmp/h > /etc/hosts; rm /tmp/h",
    )


def line(host: str, *lines: str) -> Act:
    """Write these lines of the configuration, in place of those that had their keys; a bare key takes it out."""

    def act(bench: Bench) -> None:
        for one in lines:
            key, colon, _ = one.partition(":")
            add = f" && printf '%s\\n' '{one}' >> {bench.config}" if colon else ""
            bench.flink(host, f"sed -i '/^{key}:/d' {bench.config}{add}")

    return act


def without(host: str, key: str) -> Act:
    """Take a line of the configuration out under the file's old time, so that no daemon is older than it."""

    def act(bench: Bench) -> None:
        keep = f"touch -r {bench.config} /tmp/time"
        bench.flink(
            host,
            f"{keep} && sed -i '/^{key}:/d' {bench.config} && touch -r /tmp/time {bench.config}; rm /tmp/time",
        )

    return act


def text(host: str, path: str, content: str) -> Act:
    """A file of Flink's home with this content."""

    def act(bench: Bench) -> None:
        bench.node(host).write(f"{bench.home}/{path}", content, owner="flink")

    return act


def stop(host: str, kind: str = "taskmanager") -> Act:
    """Ask the daemons of a kind to end, and wait until they are gone."""
    name = _CLASSES[kind]
    return root(
        host,
        f"pkill -f '{name}'; n=0; while pgrep -f '{name}' >/dev/null; do "
        f"n=$((n + 1)); [ $n -lt 150 ] || pkill -KILL -f '{name}'; sleep 0.1; done",
    )


def kill(host: str, kind: str = "taskmanager") -> Act:
    """End them without a chance to tidy up."""
    name = _CLASSES[kind]
    return root(host, f"pkill -KILL -f '{name}'; while pgrep -f '{name}' >/dev/null; do sleep 0.1; done")


def settled(host: str, kind: str, seconds: int = 31) -> Act:
    """Wait until the daemon is so old."""

    def act(bench: Bench) -> None:
        age = f"ps -o etimes= -p $(pgrep -f '{_CLASSES[kind]}' | head -1)"
        until(lambda: int(bench.root(host, age)) >= seconds, f"a {kind} {seconds} s old", PATIENCE)

    return act


def start(host: str, kind: str = "taskmanager") -> Act:
    """Start a daemon with Flink's own script; whether it stays up is not waited for."""
    return flink(host, f"bin/{kind}.sh start")


def again(host: str, kind: str = "taskmanager") -> Act:
    return each(stop(host, kind), start(host, kind))


def restarted_with(host: str, *lines: str) -> Act:
    """Start a worker's TaskManager anew with these lines, once the JobManager counts the other worker's slots alone."""
    return each(stop(host), line(host, *lines), registered(2), start(host))


def tried(host: str) -> Act:
    """End the TaskManager, and try to start it where Flink's script may refuse to."""
    return each(stop(host), flink(host, "bin/taskmanager.sh start; true"))


def registered(slots: int | None = None) -> Act:
    return lambda bench: bench.registered(slots)


def listens(host: str, port: int) -> Act:
    return root(host, f"until ss -ltn | grep -q ':{port} '; do sleep 0.1; done")


def hold(host: str, port: int) -> Act:
    """Another program listens on this port."""

    def act(bench: Bench) -> Undo:
        held = bench.node(host).popen(["python3", "-m", "http.server", str(port)], user="flink")
        listens(host, port)(bench)

        def end() -> None:
            bench.root(host, "pkill -f '[h]ttp.server'; true")
            held.wait()

        return end

    return act


def gone(host: str, kind: str = "taskmanager") -> Act:
    """Wait until no daemon of this kind is left, for one that ends by itself."""
    return root(host, f"while pgrep -f '{_CLASSES[kind]}' >/dev/null; do sleep 0.1; done")


def healed() -> Act:
    """Wait until `check` finds no error, for what comes back by itself."""

    def act(bench: Bench) -> None:
        until(lambda: bench.check().status == 0, "check finds no error", PATIENCE)

    return act


def sshd(host: str, *lines: str, before: str = "") -> Act:
    """These lines in place of those with the same words in sshd's configuration; who is logged in stays so."""

    def act(bench: Bench) -> Undo:
        place = "/etc/ssh/sshd_config"
        node = bench.node(host)
        usual = node.read(place)
        words = {one.split()[0] for one in lines}

        def restart(text: str, first: str = "") -> None:
            node.write(place, text)
            node.exec(
                "kill $(cat /run/sshd.pid); while [ -e /run/sshd.pid ]; do sleep 0.02; done; "
                f"{first} /usr/sbin/sshd -E /var/log/auth.log; until [ -s /run/sshd.pid ]; do sleep 0.02; done"
            )

        others = [one for one in usual.splitlines() if not one.split() or one.split()[0] not in words]
        restart("".join(f"{one}\n" for one in (*lines, *others)), before)
        return lambda: restart(usual)

    return act


def kept(host: str, *paths: str) -> Act:
    """Changes nothing; taking it back puts these files as they were, or away where they were not."""

    def act(bench: Bench) -> Undo:
        node = bench.node(host)
        for path in paths:
            node.exec(f"rm -rf '{path}.kept'; if [ -e '{path}' ]; then cp -a '{path}' '{path}.kept'; fi")

        def back() -> None:
            for path in paths:
                node.exec(f"rm -rf '{path}'; if [ -e '{path}.kept' ]; then mv '{path}.kept' '{path}'; fi")

        return back

    return act
