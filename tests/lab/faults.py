"""What can go wrong on a host, staged for real: sshd, network, disks, keys, passwords, Java, clock and more.

Each function works at once and returns a Fault: leave its `with` block, or call `undo()`, to mend it.
It acts from outside by namespace, so it works whatever state the host's sshd is in.
"""

import itertools
import os
import re
import shlex
import subprocess
from collections.abc import Callable

from tests.lab.host import Host
from tests.lab.image import fresh_host_keys, password_hash
from tests.lab.settings import LabError
from tests.lab.state import MEMORY_CGROUPS

_numbers = itertools.count(1)


class Fault:
    """One staged fault. `undo()` mends it, may be repeated, and does nothing on a host that has ended."""

    def __init__(self, host: Host, undo: Callable[[], object]) -> None:
        self.host = host
        self._undo: Callable[[], object] | None = undo

    def undo(self) -> None:
        undo, self._undo = self._undo, None
        if undo is not None and self.host.init.lives():
            undo()

    def __enter__(self) -> "Fault":
        return self

    def __exit__(self, *_: object) -> None:
        self.undo()


# sshd and the network


def stop_sshd(host: Host, sessions: bool = True) -> Fault:
    """End sshd; with `sessions` those that are logged in too. Undo starts it again."""
    listener = int(host.read("/run/sshd.pid"))
    host.exec(f"kill {listener}; while kill -0 {listener} 2>/dev/null; do sleep 0.01; done")
    if sessions:
        kill_sessions(host)
    return Fault(host, lambda: start_sshd(host))


def start_sshd(host: Host) -> None:
    """Start sshd unless it answers; returns when it greets. LabError when a firewall fault keeps it mute."""
    if not host.greets(0.2):
        host.exec("mkdir -p /run/sshd; /usr/sbin/sshd -E /var/log/auth.log")
        host.wait_for_ssh()


def kill_sessions(host: Host) -> None:
    """SIGKILL for every ssh session of this host: clients see the connection close. sshd itself goes on."""
    script = (
        "l=$(cat /run/sshd.pid); for s in /proc/[0-9]*/stat; do IFS= read -r t <$s || continue; p=${t%% *}; "
        '[ "$p" = "$l" ] && continue; '
        "case $(readlink /proc/$p/exe) in */sshd|*/sshd-*) kill -KILL $p;; esac; done; true"
    )
    host.exec(f"{{ {script}; }} 2>/dev/null")


def firewall(host: Host, rules: str, chain: str = "input") -> Fault:
    """nft rules (lines of one chain) in the host's own network. `chain`: input, output or forward."""
    table = f"fwlab{next(_numbers)}"
    start = f"chain c {{\ntype filter hook {chain} priority 0; policy accept;"
    _nft(host, ["-f", "-"], f"table inet {table} {{\n{start}\n{rules}\n}}\n}}\n")
    return Fault(host, lambda: _nft(host, ["delete", "table", "inet", table]))


def refuse(host: Host, port: int | None = None) -> Fault:
    """New and open connections to a port (None: sshd's) are refused with a TCP reset."""
    return firewall(host, f"tcp dport {port or host.port} reject with tcp reset")


def drop(host: Host, port: int | None = None, source: str | None = None) -> Fault:
    """Packets to a port (None: sshd's) vanish; with `source` only those from that address."""
    wanted = f"ip saddr {source} " if source else ""
    return firewall(host, f"{wanted}tcp dport {port or host.port} drop")


def hang(host: Host) -> Fault:
    """The host falls silent: every packet from and to it vanishes, open connections stay open and mute."""
    rules = 'iifname "eth0" drop'
    first = firewall(host, rules)
    second = firewall(host, 'oifname "eth0" drop', "output")

    def undo() -> None:
        first.undo()
        second.undo()

    return Fault(host, undo)


class ResetMidway(Fault):
    """Connections to sshd are reset once `after_bytes` have come in by them; then new ones are refused."""

    def __init__(self, host: Host, after_bytes: int) -> None:
        self._rules = firewall(
            host, f"tcp dport {host.port} quota over {after_bytes} bytes counter reject with tcp reset"
        )
        super().__init__(host, self._rules.undo)

    def fired(self) -> bool:
        """Whether a packet has been answered with a reset yet."""
        found = re.findall(r"counter packets (\d+)", _nft(self.host, ["list", "ruleset"]))
        return any(int(packets) for packets in found)


def reset_midway(host: Host, after_bytes: int) -> ResetMidway:
    """Let `after_bytes` (counted with headers, all connections together) come in to sshd, then reset."""
    return ResetMidway(host, after_bytes)


def _nft(host: Host, words: list[str], stdin: str | None = None) -> str:
    command = ["nsenter", "--target", str(host.init.pid), "--net", "nft", *words]
    done = subprocess.run(command, input=stdin, text=True, capture_output=True)
    if done.returncode != 0:
        raise LabError(f"{host.name}: nft refused {words}: {done.stderr.strip()}\n{stdin or ''}")
    return done.stdout


# disks


def small_disk(host: Host, path: str, mib: int) -> Fault:
    """A file system of `mib` MiB at `path`, owned like the directory it covers (like its parent if new)."""
    script = (
        '[ -d "$1" ] || { mkdir -p "$1"; chown --reference="$(dirname "$1")" "$1"; }; '
        'owner=$(stat -c \'uid=%u,gid=%g,mode=%a\' "$1"); mount -t tmpfs -o "size=$2,$owner" small "$1"'
    )
    host.exec(["sh", "-ec", script, "sh", path, f"{mib}m"])
    return Fault(host, lambda: host.exec(["umount", "--lazy", path]))


def fill_disk(host: Host, path: str = "/", leave_kib: int = 0) -> Fault:
    """The file system that holds `path` has only `leave_kib` KiB left. It shrinks; no memory is used up."""
    point, kind = host.exec(["findmnt", "-nro", "TARGET,FSTYPE", "-T", path]).stdout.split()
    if kind == "overlay":
        enter, place = ["nsenter", "--target", str(host.keeper.pid), "--mount", "--"], host.backing
    elif kind == "tmpfs":
        enter, place = ["nsenter", "--target", str(host.init.pid), "--mount", "--root", "--"], point
    else:
        raise LabError(
            f"{host.name}: {path} lies on {kind}; only the host's root and its small disks can be filled"
        )

    def shell(*words: str) -> str:
        done = subprocess.run([*enter, *words], text=True, capture_output=True)
        if done.returncode != 0:
            raise LabError(f"{host.name}: {shlex.join(words)}: {done.stderr.strip()}")
        return done.stdout

    block, total, free = map(int, shell("stat", "-f", "-c", "%S %b %f", place).split())
    kib = (total - free) * block // 1024 + leave_kib
    shell("mount", "-o", f"remount,size={max(kib, 4)}k", place)
    return Fault(host, lambda: shell("mount", "-o", f"remount,size={total * block // 1024}k", place))


def read_only(host: Host, path: str) -> Fault:
    """`path` cannot be written, not even by root."""
    where = shlex.quote(path)
    host.exec(f"mount --bind {where} {where} && mount -o remount,ro,bind {where}")
    return Fault(host, lambda: host.exec(["umount", "--lazy", path]))


def read_only_home(host: Host, user: str | None = None) -> Fault:
    return read_only(host, f"/home/{user or host.settings.users[0]}")


# identity and logins


def change_host_key(host: Host) -> Fault:
    """The host shows new keys of every type, as after a new installation. Undo brings the old ones back."""
    old = {
        name: host.read(f"/etc/ssh/{name}")
        for name in host.exec("cd /etc/ssh && ls ssh_host_*").stdout.split()
    }

    def install(keys: dict[str, str]) -> None:
        for name, key in keys.items():
            host.write(f"/etc/ssh/{name}", key, mode=0o644 if name.endswith(".pub") else 0o600)
        if host.exists("/run/sshd.pid"):
            host.exec(["kill", host.read("/run/sshd.pid").strip()])
            host.exec("while [ -e /run/sshd.pid ]; do sleep 0.01; done")
            host.exec("/usr/sbin/sshd -E /var/log/auth.log")
            host.exec("until [ -s /run/sshd.pid ]; do sleep 0.01; done")

    install(fresh_host_keys())
    return Fault(host, lambda: install(old))


def set_password(host: Host, password: str, user: str | None = None) -> Fault:
    return _set_hash(host, user, password_hash(password))


def revoke_password(host: Host, user: str | None = None) -> Fault:
    """No password lets the user in any more; a key still does (the account is not locked)."""
    return _set_hash(host, user, "*")


def lock_account(host: Host, user: str | None = None) -> Fault:
    """Neither password nor key lets the user in."""
    return _set_hash(host, user, "!locked")


def _set_hash(host: Host, user: str | None, value: str) -> Fault:
    name = user or host.settings.users[0]
    before = host.read("/etc/shadow")
    lines = [line.split(":") for line in before.splitlines()]
    if name not in [line[0] for line in lines]:
        raise LabError(f"{host.name}: /etc/shadow has no user {name}")
    after = (
        "\n".join(":".join([n, value, *rest] if n == name else [n, old, *rest]) for n, old, *rest in lines)
        + "\n"
    )
    put = ["sh", "-c", "cat >/etc/shadow"]
    host.exec(put, stdin=after)
    return Fault(host, lambda: host.exec(put, stdin=before))


# programs, processes and the clock


def no_java(host: Host) -> Fault:
    """No Java is found: /usr/lib/jvm is covered and the links in /usr/bin that lead there are gone."""
    script = (
        "for l in /usr/bin/*; do [ -L $l ] || continue; t=$(readlink -f $l); "
        "case $t in /usr/lib/jvm/*) echo $l $(readlink $l);; esac; done"
    )
    links = [line.split() for line in host.exec(script).stdout.splitlines()]
    host.exec(["rm", "-f", *[name for name, _ in links]])
    host.exec("mount -t tmpfs -o ro,size=4k none /usr/lib/jvm")

    def undo() -> None:
        host.exec(["umount", "--lazy", "/usr/lib/jvm"])
        for name, target in links:
            host.exec(["ln", "-s", target, name])

    return Fault(host, undo)


def kill_user(host: Host, user: str | None = None) -> None:
    """SIGKILL for all processes of the user on this host."""
    host.exec(["kill", "-KILL", "-1"], user=user or host.settings.users[0], check=False)


def clock_offset(host: Host, seconds: int) -> Fault:
    """`date` is off by `seconds`. Only that program: Linux keeps one wall clock for all namespaces."""
    place = host.exec("readlink -f $(command -v date)").stdout.strip()
    real = f"{place}.real"
    wrapper = f'#!/bin/sh\nexec {real} -d "@$(( $({real} +%s) + {seconds} ))" "$@"\n'
    host.exec(["cp", "-p", place, real])
    host.exec(["sh", "-c", "rm $1 && cat >$1 && chmod 755 $1", "sh", place], stdin=wrapper)
    return Fault(host, lambda: host.exec(["mv", real, place]))


def forget_name(host: Host, name: str) -> Fault:
    """This host cannot resolve `name` any more."""
    before = host.read("/etc/hosts")
    after = "".join(f"{line}\n" for line in before.splitlines() if name not in line.split()[1:])
    host.write("/etc/hosts", after)
    return Fault(host, lambda: host.write("/etc/hosts", before))


def limit_memory(host: Host, mib: int) -> Fault:
    """What runs on the host may use `mib` MiB together, then the kernel kills. Needs cgroup v1."""
    place = f"{MEMORY_CGROUPS}/{host.link}"
    try:
        os.mkdir(place)
    except OSError as error:
        raise LabError(f"no writable cgroup v1 memory controller on this machine: {error}") from error
    with open(f"{place}/memory.limit_in_bytes", "w") as limit:
        limit.write(str(mib << 20))

    def move(target: str) -> None:
        for pid in _pids(host):
            try:
                with open(f"{target}/cgroup.procs", "w") as procs:
                    procs.write(str(pid))
            except ProcessLookupError:
                continue

    move(place)

    def undo() -> None:
        move(MEMORY_CGROUPS)
        os.rmdir(place)

    return Fault(host, undo)


def _pids(host: Host) -> list[int]:
    """Outer pids of everything in the host's PID namespace."""
    wanted = os.readlink(f"/proc/{host.init.pid}/ns/pid")
    found: list[int] = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/ns/pid") == wanted:
                found.append(int(entry))
        except (FileNotFoundError, PermissionError):
            continue  # ended meanwhile, or nobody's to look at
    return found
