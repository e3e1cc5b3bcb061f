"""The process that holds one lab host: makes its namespaces, builds its root, is the parent of its PID 1.

Runs as a program of its own (standard library only, imports nothing of the lab), reads one JSON object from
standard input, and must not know why a file is there. It keeps the first mount namespace, in which the host's
upper layer stays readable from outside, while the host itself lives in a second one.
"""

import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE, MNT_DETACH = 16384, 1 << 18, 2
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def check(status: int, what: str) -> None:
    if status != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    check(libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int = 0, options: str | None = None) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    check(
        libc.mount(*words, ctypes.c_ulong(flags), options and options.encode()), f"mount {source} on {target}"
    )


def whole_tree_private() -> None:
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def in_layer(layer: str, base: str, path: str) -> str:
    """The place of `path` in the upper layer over `base`; directories above it look like the outer ones."""
    parent, name = os.path.split(path.removeprefix(base))
    there = layer
    seen = base
    for part in parent.strip("/").split("/") if parent != "/" else []:
        seen += "/" + part
        there += "/" + part
        if not os.path.isdir(there):
            os.mkdir(there)
            if os.path.isdir(seen):
                outer = os.stat(seen)
                os.chown(there, outer.st_uid, outer.st_gid)
                os.chmod(there, stat.S_IMODE(outer.st_mode))
                os.utime(there, ns=(outer.st_mtime_ns, outer.st_mtime_ns))
    return there + "/" + name


def write_entry(backing: str, own_overlays: list[str], entry: dict[str, Any]) -> None:
    layer, base = f"{backing}/upper", ""
    for number, path in enumerate(own_overlays):
        if entry["path"].startswith(path + "/") and len(path) > len(base):
            layer, base = f"{backing}/upper-{number}", path
    place = in_layer(layer, base, entry["path"])
    match entry["kind"]:
        case "whiteout":
            os.mknod(place, stat.S_IFCHR, 0)
            return
        case "link":
            os.symlink(entry["content"], place)
            return
        case "directory":
            os.makedirs(place, exist_ok=True)
            if entry["opaque"]:
                os.setxattr(place, "trusted.overlay.opaque", b"y")
        case _:
            with open(place, "w", encoding="utf-8") as file:
                file.write(entry["content"])
    os.chown(place, entry["owner"], entry["group"])
    os.chmod(place, entry["mode"])


def build_layer(plan: dict[str, Any]) -> None:
    """Fill the upper layer before it is mounted: an overlay must not be changed underneath afterwards."""
    backing = plan["backing"]
    mount("fwlab", backing, "tmpfs", 0, f"size={plan['disk_mib']}m,mode=755")
    for name in ("upper", "work", "root", "fakes"):
        os.mkdir(f"{backing}/{name}")
    for number, path in enumerate(plan["own_overlays"]):
        for name in ("upper", "work"):
            os.mkdir(f"{backing}/{name}-{number}")
        os.chmod(f"{backing}/upper-{number}", stat.S_IMODE(os.stat(path).st_mode))
    for entry in plan["entries"]:
        write_entry(backing, plan["own_overlays"], entry)
    for name, content in plan["fakes"].items():
        with open(f"{backing}/fakes/{name.strip('/').replace('/', '%')}", "w", encoding="utf-8") as file:
            file.write(content)


def overlay(lower: str, backing: str, name: str, target: str) -> None:
    options = f"lowerdir={lower},upperdir={backing}/upper{name},workdir={backing}/work{name},redirect_dir=on"
    mount("overlay", target, "overlay", 0, options)


def device_files(dev: str) -> None:
    mount("dev", dev, "tmpfs", MS_NOSUID, "mode=755,size=64k")
    for name, major, minor in (
        ("null", 1, 3),
        ("zero", 1, 5),
        ("full", 1, 7),
        ("random", 1, 8),
        ("urandom", 1, 9),
        ("tty", 5, 0),
    ):
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        os.chmod(f"{dev}/{name}", 0o666)
    for name, target in (
        ("fd", "/proc/self/fd"),
        ("stdin", "fd/0"),
        ("stdout", "fd/1"),
        ("stderr", "fd/2"),
        ("ptmx", "pts/ptmx"),
    ):
        os.symlink(target, f"{dev}/{name}")
    for name in ("pts", "shm"):
        os.mkdir(f"{dev}/{name}")
    mount("devpts", f"{dev}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5")
    mount("shm", f"{dev}/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=512m")


def bind(source: str, root: str, target: str, readonly: bool) -> None:
    place = root + target
    if os.path.isdir(source):
        os.makedirs(place, exist_ok=True)
    elif not os.path.exists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "w").close()
    mount(source, place, None, MS_BIND | MS_REC)
    if readonly:
        mount(source, place, None, MS_BIND | MS_REMOUNT | MS_RDONLY)


def build_root(plan: dict[str, Any]) -> str:
    backing = plan["backing"]
    root = f"{backing}/root"
    overlay("/", backing, "", root)
    for number, path in enumerate(plan["own_overlays"]):
        overlay(path, backing, f"-{number}", root + path)
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("sysfs", f"{root}/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    device_files(f"{root}/dev")
    if plan["cgroup_files"]:
        mount("cgroup", f"{root}/sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for name in plan["fakes"]:
        source = f"{backing}/fakes/{name.strip('/').replace('/', '%')}"
        if name in plan["cgroup_files"]:
            os.makedirs(os.path.dirname(root + name), exist_ok=True)
        if name in plan["cgroup_files"] or os.path.exists(root + name):
            bind(source, root, name, readonly=True)
    for source, target, readonly in plan["binds"]:
        bind(source, root, target, readonly)
    return root


def become_pid_one(plan: dict[str, Any], ready: int) -> None:
    """In the new PID namespace: build the root, move into it, and exec tini. Ends when the keeper does."""
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    outer_pid = os.readlink("/proc/self")
    unshare(CLONE_NEWNS)
    whole_tree_private()
    socket.sethostname(plan["hostname"])
    root = build_root(plan)
    subprocess.run(
        ["ip", "-batch", "-"], input=plan["network"], text=True, check=True, stdout=subprocess.DEVNULL
    )
    if plan["cpus"]:
        os.sched_setaffinity(0, plan["cpus"])
    os.chdir(root)
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", MNT_DETACH), "umount of the outer root")
    os.chdir("/")
    os.write(ready, f"init {outer_pid}\n".encode())
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    start = "/usr/sbin/sshd -E /var/log/auth.log; exec sleep infinity"
    os.execve(plan["tini"], ["tini", "-s", "--", "/bin/sh", "-c", start], environment)


def main() -> int:
    line = sys.stdin.readline()
    if not line:
        return 1  # the owner died at once
    plan = json.loads(line)
    os.umask(0o022)
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID)
    whole_tree_private()
    print("namespaces", flush=True)
    build_layer(plan)
    if sys.stdin.readline() != "go\n":
        return 1  # the owner died before the host was on record: leave nothing
    ready = os.dup(1)
    os.set_inheritable(ready, False)
    quiet = os.open(os.devnull, os.O_RDWR)
    child = os.fork()
    if child == 0:
        try:
            os.dup2(quiet, 0)
            os.dup2(quiet, 1)
            become_pid_one(plan, ready)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"host {plan['hostname']}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    os.close(ready)
    os.waitpid(child, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
