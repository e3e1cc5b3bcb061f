"""What is put into a host's upper layer before it starts: users, ssh, names, hardware, and what is hidden.

Computes a plan for the keeper from the settings and from what the outer machine has; mounts nothing itself.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
import threading
import uuid
from pathlib import Path
from typing import Any

from tests.lab.settings import REPOSITORY, HostSettings

SYSTEM = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt", "var", "proc", "sys", "dev"}
EMPTIED = {"/tmp": 0o1777, "/var/tmp": 0o1777, "/run": 0o755, "/home": 0o755, "/root": 0o700}
KEY_TYPES = (("ed25519", ()), ("ecdsa", ()), ("rsa", ("-b", "2048")))

Entry = dict[str, Any]
_crypt_lock = threading.Lock()


def directory(path: str, mode: int = 0o755, owner: int = 0, opaque: bool = False) -> Entry:
    return {
        "kind": "directory",
        "path": path,
        "mode": mode,
        "owner": owner,
        "group": owner,
        "opaque": opaque,
    }


def text(path: str, content: str, mode: int = 0o644, owner: int = 0, group: int | None = None) -> Entry:
    group = owner if group is None else group
    return {"kind": "file", "path": path, "content": content, "mode": mode, "owner": owner, "group": group}


def link(path: str, target: str) -> Entry:
    return {"kind": "link", "path": path, "content": target}


def whiteout(path: str) -> Entry:
    return {"kind": "whiteout", "path": path}


@functools.cache
def password_hash(password: str) -> str:
    """A SHA-512 crypt hash by the C library's own libcrypt, as /etc/shadow wants it."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    with _crypt_lock:
        return crypt(password.encode(), b"$6$" + uuid.uuid4().hex[:16].encode()).decode()


def fresh_host_keys() -> dict[str, str]:
    """New ssh host keys, file name -> text, for /etc/ssh."""
    keys: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="fwlab-keys-") as folder:
        running = [
            subprocess.Popen(
                [
                    "ssh-keygen",
                    "-q",
                    "-t",
                    kind,
                    *more,
                    "-N",
                    "",
                    "-C",
                    "lab",
                    "-f",
                    f"{folder}/ssh_host_{kind}_key",
                ]
            )
            for kind, more in KEY_TYPES
        ]
        for keygen in running:
            if keygen.wait() != 0:
                raise OSError(f"ssh-keygen ended with {keygen.returncode}")
        for file in sorted(Path(folder).iterdir()):
            keys[file.name] = file.read_text()
    return keys


def host_key_entries(keys: dict[str, str]) -> list[Entry]:
    return [
        text(f"/etc/ssh/{name}", key, 0o644 if name.endswith(".pub") else 0o600) for name, key in keys.items()
    ]


def sshd_config(settings: HostSettings) -> str:
    lines = [
        *settings.sshd_config,
        "Include /etc/ssh/sshd_config.d/*.conf",
        f"Port {settings.ssh_port}",
        "UsePAM no",
        "UseDNS no",
        "PasswordAuthentication yes",
        "KbdInteractiveAuthentication no",
        "PrintMotd no",
        "AcceptEnv LANG LC_*",
        "Subsystem sftp " + _sftp_server(),
    ]
    return "\n".join(lines) + "\n"


def _sftp_server() -> str:
    places = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")
    return next((place for place in places if os.path.exists(place)), "internal-sftp")


def hosts_file(names: dict[str, str]) -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    return "\n".join(lines + [f"{address} {name}" for name, address in names.items()]) + "\n"


def user_entries(settings: HostSettings) -> list[Entry]:
    """The account files with the host's users added, and a home from /etc/skel for each."""
    tables = {name: _without(Path(f"/etc/{name}"), settings.users) for name in ("passwd", "shadow", "group")}
    taken = {int(line.split(":")[2]) for line in tables["passwd"] + tables["group"] if line.count(":") >= 3}
    free = (number for number in range(1000, 60000) if number not in taken)
    homes: list[Entry] = []
    for user in settings.users:
        number = next(free)
        home = f"/home/{user}"
        tables["passwd"].append(f"{user}:x:{number}:{number}::{home}:/bin/bash")
        tables["shadow"].append(f"{user}:{password_hash(settings.password)}:19700:0:99999:7:::")
        tables["group"].append(f"{user}:x:{number}:")
        homes.append(directory(home, owner=number))
        for file in sorted(Path("/etc/skel").glob(".*")):
            homes.append(text(f"{home}/{file.name}", file.read_text(), owner=number))
    shadow_group = next(
        (int(line.split(":")[2]) for line in tables["group"] if line.startswith("shadow:")), 0
    )
    accounts = [
        text("/etc/passwd", "\n".join(tables["passwd"]) + "\n"),
        text("/etc/shadow", "\n".join(tables["shadow"]) + "\n", 0o640, 0, shadow_group),
        text("/etc/group", "\n".join(tables["group"]) + "\n"),
    ]
    return accounts + homes


def _without(table: Path, users: tuple[str, ...]) -> list[str]:
    return [line for line in table.read_text().splitlines() if line and line.split(":")[0] not in users]


def sudo_entries(settings: HostSettings) -> list[Entry]:
    if settings.sudo is None:
        return [whiteout("/usr/bin/sudo")] if os.path.lexists("/usr/bin/sudo") else []
    rule = "NOPASSWD: ALL" if settings.sudo == "nopasswd" else "ALL"
    lines = "".join(f"{user} ALL=(ALL:ALL) {rule}\n" for user in settings.users)
    return [directory("/etc/sudoers.d", 0o750, opaque=True), text("/etc/sudoers.d/lab", lines, 0o440)]


@functools.cache
def _outer_java() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(links in /usr/bin that lead to a Java, the Java homes below /usr/lib/jvm)."""
    links = [
        entry.path
        for entry in os.scandir("/usr/bin")
        if entry.is_symlink() and os.path.realpath(entry.path).startswith("/usr/lib/jvm/")
    ]
    homes = [entry.path for entry in os.scandir("/usr/lib/jvm")] if os.path.isdir("/usr/lib/jvm") else []
    return tuple(links), tuple(homes)


def java_entries(settings: HostSettings) -> list[Entry]:
    if settings.java == "outer":
        return []
    links, homes = _outer_java()
    wanted = tuple(settings.java or ())
    entries = [whiteout(path) for path in links]
    if wanted:
        entries = [entry for entry in entries if entry["path"] != "/usr/bin/java"]
        entries.append(link("/usr/bin/java", f"{wanted[0]}/bin/java"))
        keep = {os.path.realpath(path) for path in wanted}
        entries += [whiteout(path) for path in homes if os.path.realpath(path) not in keep]
    elif os.path.isdir("/usr/lib/jvm"):
        entries.append(whiteout("/usr/lib/jvm"))
    return entries


def hiding_entries(settings: HostSettings) -> list[Entry]:
    """Everything of the outer machine that is not its system: work files, homes, the repository."""
    searchable = any(target.startswith("/root/") for _, target, _ in settings.binds)
    entries: list[Entry] = []
    for entry in sorted(os.scandir("/"), key=lambda found: found.name):
        if entry.name not in SYSTEM and entry.is_dir(follow_symlinks=False):
            mode = EMPTIED.get(entry.path, 0o755)
            entries.append(
                directory(entry.path, 0o711 if entry.path == "/root" and searchable else mode, opaque=True)
            )
    entries += [directory("/var/tmp", EMPTIED["/var/tmp"], opaque=True)]
    repository = str(REPOSITORY)
    if repository.split("/")[1] in SYSTEM:
        entries.append(directory(repository, opaque=True))
    entries += [directory(f"/run/{name}") for name in ("sshd", "lock")]
    entries += [whiteout(path) for path in settings.hidden if os.path.lexists(path)]
    return entries


def hardware(settings: HostSettings) -> tuple[dict[str, str], list[Entry], bool]:
    """(files to bind over /proc and /sys, further entries, whether the real CPUs suffice for `cores`)."""
    fakes: dict[str, str] = {}
    entries: list[Entry] = []
    if settings.memory_mib is not None:
        fakes["/proc/meminfo"] = _meminfo(settings.memory_mib)
    enough = settings.cores is None or settings.cores <= len(os.sched_getaffinity(0))
    if settings.cores is not None:
        fakes["/proc/cpuinfo"] = _cpuinfo(settings.cores)
        for name in ("online", "possible", "present"):
            fakes[f"/sys/devices/system/cpu/{name}"] = (
                f"0-{settings.cores - 1}\n" if settings.cores > 1 else "0\n"
            )
        if not enough:
            # nproc asks the kernel's affinity mask, which cannot name CPUs that are not there.
            entries.append(text("/usr/bin/nproc", f"#!/bin/sh\necho {settings.cores}\n", 0o755))
    return fakes, entries, enough


def _meminfo(mib: int) -> str:
    kib = mib * 1024
    faked = {"MemTotal": kib, "MemFree": kib * 8 // 10, "MemAvailable": kib * 9 // 10, "Buffers": 0}
    faked |= {"Cached": kib // 10, "SwapTotal": 0, "SwapFree": 0}
    lines: list[str] = []
    for line in Path("/proc/meminfo").read_text().splitlines():
        name = line.split(":")[0]
        lines.append(f"{name + ':':<16}{faked[name]:>8} kB" if name in faked else line)
    return "\n".join(lines) + "\n"


def _cpuinfo(cores: int) -> str:
    first = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    blocks: list[str] = []
    for number in range(cores):
        changed = {
            "processor": number,
            "core id": number,
            "apicid": number,
            "cpu cores": cores,
            "siblings": cores,
        }
        names = [line.split(":")[0] for line in first]
        blocks.append(
            "\n".join(
                f"{name}: {changed[name.strip()]}" if name.strip() in changed else line
                for name, line in zip(names, first, strict=True)
            )
        )
    return "\n\n".join(blocks) + "\n\n"


def own_overlays() -> list[str]:
    """Parts of the system that are mounts of their own outside: the root's overlay does not reach there."""
    found: list[str] = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        target, kind = line.split()[4], line.partition(" - ")[2].split()[0]
        parts = target.split("/")[1:]
        system = parts[0] in {"usr", "opt", "var", "etc"} and len(parts) <= 2 and target not in EMPTIED
        if system and kind != "tmpfs" and os.path.isdir(target):
            found.append(target)
    return sorted(set(found))


def entries_for(settings: HostSettings, names: dict[str, str], keys: dict[str, str]) -> list[Entry]:
    entries = hiding_entries(settings)
    entries += user_entries(settings)
    entries += sudo_entries(settings)
    entries += java_entries(settings)
    entries += [directory("/etc/ssh/sshd_config.d", opaque=True)]
    entries += [whiteout(str(path)) for path in Path("/etc/ssh").glob("ssh_host_*") if path.name not in keys]
    entries += host_key_entries(keys)
    entries += [
        text("/etc/ssh/sshd_config", sshd_config(settings)),
        text("/etc/hosts", hosts_file(names)),
        text("/etc/hostname", settings.name + "\n"),
        text("/etc/machine-id", uuid.uuid4().hex + "\n", 0o444),
        text("/etc/resolv.conf", ""),
        text("/var/log/auth.log", "", 0o640),
    ]
    entries += [text(path, content) for path, content in settings.files]
    return entries


def keeper_plan(
    settings: HostSettings,
    names: dict[str, str],
    keys: dict[str, str],
    backing: str,
    network: str,
    number: int,
) -> dict[str, Any]:
    """All that the keeper of one host needs to know, as one JSON object."""
    fakes, more, enough = hardware(settings)
    cgroup = {f"/sys/fs/cgroup/{path.lstrip('/')}": content for path, content in settings.cgroup_files}
    cpus: list[int] = []
    if settings.cores is not None and enough:
        real = sorted(os.sched_getaffinity(0))
        cpus = [real[(number * settings.cores + step) % len(real)] for step in range(settings.cores)]
    return {
        "hostname": settings.name,
        "backing": backing,
        "disk_mib": settings.disk_mib,
        "entries": entries_for(settings, names, keys) + more,
        "fakes": fakes | cgroup,
        "cgroup_files": list(cgroup),
        "own_overlays": own_overlays(),
        "binds": [list(bind) for bind in settings.binds],
        "network": network,
        "cpus": cpus,
        "tini": shutil.which("tini"),
    }
