"""The machine itself: system, cores, memory, disks, tools, limits, addresses.

Knows where Linux, macOS and Cygwin show these. It must not know what is enough for Flink.
macOS and Cygwin are written from published output of their tools and untried on real ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from validators.values import is_loopback
from wizard.facts import OsFacts
from wizard.needs import Machine
from wizard.probes import disks
from wizard.probes.script import Reading, Section, Unreadable

UNLIMITED = 2**62
"""Stands for "unlimited" in nofile and nproc."""

TOOLS = """
bash tar gzip ssh ssh-keygen ssh-keyscan scp sftp find sudo su curl wget python3 pdsh rsync ss ip nft iptables
firewall-cmd ufw unzip getent setsid nohup systemctl service ps pgrep sed awk grep base64 sha256sum timeout
restorecon getenforce useradd adduser apt-get dnf yum zypper apk pacman brew
""".split()  # noqa: SIM905

_SCRIPT = r"""
h system; uname -srm
h release; if [ -r /etc/os-release ]; then cat /etc/os-release; else show /usr/lib/os-release; fi
if has sw_vers; then h macos; sw_vers; sysctl -n hw.ncpu hw.memsize; vm_stat; fi
h cores; if has nproc; then nproc; fi
h processors; if [ -r /proc/cpuinfo ]; then grep -c '^processor' /proc/cpuinfo; fi
h memory
if [ -r /proc/meminfo ]; then
  i=0; while [ $i -lt 6 ] && read -r line; do printf '%s\n' "$line"; i=$((i + 1)); done </proc/meminfo
fi
walk() {
  d=$2
  while :; do
    for f in $3; do
      if [ -r "$1$d/$f" ] && read -r v <"$1$d/$f"; then printf '%s %s\n' "$f" "$v"; fi
    done
    case $d in ''|/) break;; esac
    d=${d%/*}
  done
}
h cgroup
if [ -r /proc/self/cgroup ]; then
  while IFS=: read -r number kinds dir; do
    case ,$kinds, in
      ,,) for c in /sys/fs/cgroup /sys/fs/cgroup/unified; do walk $c "$dir" 'memory.max cpu.max'; done;;
      *,memory,*) walk /sys/fs/cgroup/memory "$dir" memory.limit_in_bytes;;
      *,cpu,*) c=/sys/fs/cgroup/cpu; if [ ! -d $c ]; then c=$c,cpuacct; fi
        walk $c "$dir" 'cpu.cfs_quota_us cpu.cfs_period_us';;
    esac
  done </proc/self/cgroup
fi
h df; limit 5 df -kP 2>/dev/null
mounts
h rotational
for f in /sys/block/*/queue/rotational; do
  if [ -r "$f" ] && read -r v <"$f"; then
    d=${f%/queue/rotational}; dm=; if [ -r "$d/dm/name" ]; then read -r dm <"$d/dm/name"; fi
    printf '%s %s %s\n' "${d##*/}" "$v" "$dm"
  fi
done
h tools; for c in @TOOLS@; do if has "$c"; then printf '%s\n' "$c"; fi; done
if has pdsh; then
  h pdsh-default; show /etc/pdsh/rcmd_default
  h pdsh-version; limit 5 pdsh -V 2>&1
fi
h limits
if [ -r /proc/self/limits ]; then
  while read -r line; do
    case $line in 'Max processes'*|'Max open files'*) printf '%s\n' "$line";; esac
  done </proc/self/limits
else
  printf 'Max open files %s\nMax processes %s\n' "$(ulimit -n)" "$(ulimit -u 2>/dev/null)"
fi
h boot; show /proc/sys/kernel/random/boot_id
h hostname
if [ -r /proc/sys/kernel/hostname ]; then cat /proc/sys/kernel/hostname; else hostname; fi
if has ip; then h ip; limit 5 ip -o addr show
elif has ifconfig; then h ifconfig; limit 5 ifconfig -a
else h trie; show /proc/net/fib_trie; h six; show /proc/net/if_inet6
fi
""".replace("@TOOLS@", " ".join(TOOLS))

_FAMILIES = (
    ("debian", "debian ubuntu raspbian linuxmint pop"),
    ("rhel", "rhel fedora centos rocky almalinux alma amzn ol scientific"),
    ("suse", "suse opensuse opensuse-leap opensuse-tumbleweed sles sled"),
    ("alpine", "alpine"),
    ("arch", "arch archarm manjaro endeavouros"),
)


def sections(needs: Sequence[Machine]) -> tuple[Section, ...]:
    del needs
    return (Section("the machine", _SCRIPT, read, 30),)


def read(reading: Reading) -> Mapping[str, Any]:
    """HostFacts' fields for one machine.

    Raises:
        Unreadable: not even the system's name can be read.
    """
    cores, cores_total = read_cores(reading)
    memory, memory_total, available = read_memory(reading)
    limits = read_limits(reading.body("limits"))
    return {
        "os": read_os(reading),
        "cores": cores,
        "cores_total": cores_total,
        "memory_mib": memory,
        "memory_total_mib": memory_total,
        "memory_available_mib": available,
        "disks": disks.read_disks(reading.body("df"), reading.body("mounts"), reading.body("rotational")),
        "tools": frozenset(reading.body("tools").split()),
        "pdsh_rcmd": read_pdsh(reading),
        "nofile": limits.get("open files"),
        "nproc": limits.get("processes"),
        "boot_id": reading.body("boot").strip() or None,
        "hostname": reading.body("hostname").strip() or None,
        "addresses": read_addresses(reading),
    }


def read_os(reading: Reading) -> OsFacts:
    words = reading.body("system").split()
    if len(words) < 3:
        raise Unreadable("uname did not answer")
    kernel, arch = words[0], words[-1]
    if reading.has("macos"):
        mac = dict(re.findall(r"^(\w+):\s*(.+?)\s*$", reading.body("macos"), re.MULTILINE))
        version = mac.get("ProductVersion", "")
        return OsFacts(kernel, arch, "macos", version, f"macOS {version}".strip(), "macos")
    if kernel.startswith("CYGWIN"):
        return OsFacts(kernel, arch, "cygwin", words[1], f"Cygwin {words[1]}", "cygwin")
    release: dict[str, str] = {}
    for line in reading.body("release").splitlines():
        name, sign, value = line.strip().partition("=")
        if sign:
            release[name] = value.strip("\"'")
    own = release.get("ID", "").lower()
    family = next(
        (
            family
            for candidate in (own, *release.get("ID_LIKE", "").lower().split())
            for family, members in _FAMILIES
            if candidate in members.split()
        ),
        "",
    )
    pretty = release.get("PRETTY_NAME") or " ".join(words[:2])
    return OsFacts(kernel, arch, own, release.get("VERSION_ID", ""), pretty, family)


def read_cores(reading: Reading) -> tuple[int | None, int | None]:
    """Usable cores and the machine's. A quota counts as the next whole core, at least one."""
    mac = _mac_numbers(reading)
    total = _number(reading.body("processors")) or (mac[0] if mac else None)
    affinity = _number(reading.body("cores"))
    known = [count for count in (total, affinity) if count]
    if not known:
        return None, None
    return min([*known, *_quotas(reading.body("cgroup"))]), total or affinity


def _quotas(cgroup: str) -> list[int]:
    found: list[int] = []
    quota: int | None = None
    for line in cgroup.splitlines():
        name, *values = line.split()
        if name == "cpu.max" and len(values) == 2 and values[0] != "max":
            found.append(max(1, math.ceil(int(values[0]) / int(values[1]))))
        elif name == "cpu.cfs_quota_us" and values:
            quota = int(values[0])
        elif name == "cpu.cfs_period_us" and values and quota is not None:
            if quota > 0 and int(values[0]) > 0:
                found.append(max(1, math.ceil(quota / int(values[0]))))
            quota = None
    return found


def read_memory(reading: Reading) -> tuple[int | None, int | None, int | None]:
    """Usable, total and available memory in MiB."""
    kib = {
        name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", reading.body("memory"), re.M)
    }
    if "MemTotal" not in kib:
        mac = _mac_numbers(reading)
        if not mac:
            return None, None, None
        total = mac[1] // 2**20
        return total, total, _mac_available(reading.body("macos"))
    total = kib["MemTotal"] // 1024
    # Kernels before 3.14 have no MemAvailable; what the caches hold can be given back.
    guess = kib.get("MemFree", 0) + kib.get("Buffers", 0) + kib.get("Cached", 0)
    usable = total
    for line in reading.body("cgroup").splitlines():
        name, *values = line.split()
        if name in {"memory.max", "memory.limit_in_bytes"} and values and values[0].isdigit():
            usable = min(usable, int(values[0]) // 2**20)
    return usable, total, kib.get("MemAvailable", guess) // 1024


def _mac_numbers(reading: Reading) -> tuple[int, int] | None:
    numbers = re.findall(r"^\d+$", reading.body("macos"), re.M)
    return (int(numbers[0]), int(numbers[1])) if len(numbers) >= 2 else None


def _mac_available(text: str) -> int | None:
    page = re.search(r"page size of (\d+) bytes", text)
    pages = re.findall(r"^Pages (?:free|inactive|speculative):\s+(\d+)\.", text, re.M)
    return sum(int(count) for count in pages) * int(page[1]) // 2**20 if page and pages else None


def read_limits(text: str) -> dict[str, int]:
    """The soft limits by name, as /proc/self/limits words them."""
    found = re.findall(r"^Max (open files|processes)\s+(\d+|unlimited)", text, re.M)
    return {name: UNLIMITED if value == "unlimited" else int(value) for name, value in found}


def read_pdsh(reading: Reading) -> str:
    """pdsh's default transport: Debian's file wins over what it was built with."""
    built = re.search(r"default:\s*(\w+)", reading.body("pdsh-version"))
    return reading.body("pdsh-default").strip() or (
        built[1] if built else "rsh" if reading.has("pdsh-version") else ""
    )


def read_addresses(reading: Reading) -> tuple[str, ...] | None:
    """This host's addresses, without loopback and link-local ones."""
    if reading.has("ip"):
        found = re.findall(r"\sinet6? ([0-9A-Fa-f.:]+)", reading.body("ip"))
    elif reading.has("ifconfig"):
        found = re.findall(r"\binet6? (?:addr: ?)?([0-9A-Fa-f.:]+)", reading.body("ifconfig"))
    else:
        found = re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", reading.body("trie"))
        for line in reading.body("six").splitlines():
            digits = line.split()[0]
            groups = [digits[start : start + 4] for start in range(0, 32, 4)]
            found.append(":".join(groups))
    plain = dict.fromkeys(_short(address) for address in found)
    return tuple(a for a in plain if not is_loopback(a) and not a.lower().startswith("fe80")) or None


def _short(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() and int(text) > 0 else None
