"""What ZooKeeper servers answer a host: whether they serve, and the texts that Flink keeps there.

Knows the four-letter word `srvr` (which every release answers without being told to) and enough of ZooKeeper's binary
protocol for one session that reads and ends. It must not know what the texts mean. Nothing is written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wizard.needs import Quorum
from wizard.probes.script import Reading, Section, decoded, word
from wizard.servicefacts import ZooKeeperFacts

_TEXT_LIMIT = 64 * 1024
"""Bytes of one session's answers that are carried at most; a leader's address takes two hundred."""

# Opcode 4 is getData, -11 closes the session; each request has its length before it (protocol of 3.0 to 3.9).
_SCRIPT = r"""
srvr='exec 3<>"/dev/tcp/$1/$2" || exit 7
printf srvr >&3; exec cat <&3'
read_texts='h=$1 p=$2; shift 2
int() { printf "\\\\x%02x\\\\x%02x\\\\x%02x\\\\x%02x" $(($1>>24&255)) $(($1>>16&255)) $(($1>>8&255)) $(($1&255)); }
z="\0\0\0\0\0\0\0\0"
exec 3<>"/dev/tcp/$h/$p" || exit 7
{ printf "$(int 44)$(int 0)$z$(int 10000)$z$(int 16)$z$z"
n=0
for path in "$@"; do
  n=$((n+1)); printf "$(int $((13+${#path})))$(int $n)$(int 4)$(int ${#path})"; printf "%s\0" "$path"
done
printf "$(int 8)$(int $((n+1)))$(int -11)"; } >&3
exec cat <&3'
told=
zk() {
  h server "$1"
  a=$( { limit 5 bash -c "$srvr" bash "$2" "$3"; } 2>&1 | head -c 4000)
  printf '%s\n' "$a"
  case $a in *Mode:*) ;; *) return 0;; esac
  if [ -n "$told" ]; then return 0; fi
  told=1
  h texts; { limit 5 bash -c "$read_texts" bash "$2" "$3" @PATHS@ | head -c @LIMIT@ | b64; } 2>/dev/null
}
"""


def sections(needs: Sequence[Quorum]) -> tuple[Section, ...]:
    """One section a quorum: its servers are asked in turn."""
    wanted: dict[tuple[tuple[str, int], ...], dict[str, None]] = {}
    for need in needs:
        wanted.setdefault(need.servers, {}).update(dict.fromkeys(need.paths))
    return tuple(_section(servers, tuple(paths)) for servers, paths in wanted.items() if servers)


def _section(servers: tuple[tuple[str, int], ...], paths: tuple[str, ...]) -> Section:
    values = {"@PATHS@": " ".join(word(path) for path in paths), "@LIMIT@": str(_TEXT_LIMIT)}
    start = re.sub("@[A-Z]+@", lambda match: values[match[0]], _SCRIPT)
    calls = [f"zk {number} {word(host)} {port}" for number, (host, port) in enumerate(servers)]

    def read(reading: Reading) -> Mapping[str, Any]:
        found = {servers[int(block.rest)]: read_server(block.body) for block in reading.all("server")}
        texts = reading.first("texts")
        read = dict(zip(paths, read_texts(decoded(texts.body)), strict=False)) if texts else {}
        return {"zookeeper": found, "znodes": {path: read.get(path, "") for path in paths}}

    return Section("the ZooKeeper servers", start + "\n".join(calls) + "\n", read, 10 + 11 * len(servers))


def read_server(text: str) -> ZooKeeperFacts:
    """What `srvr` came to: the server's mode where it serves, else the first line that says why not."""
    mode = re.search(r"^Mode: (\w+)\s*$", text, re.M)
    if mode:
        return ZooKeeperFacts(mode[1])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = re.sub(r"^(?:bash: )?(?:line \d+: )?", "", lines[0]) if lines else "no answer within 5 s"
    return ZooKeeperFacts("", said)


def read_texts(answer: bytes) -> Iterator[str]:
    """The printable text of each node that was asked for, in order; "" for one that is missing or may not be read."""
    first = True
    while len(answer) >= 4:
        length = int.from_bytes(answer[:4], "big")
        frame, answer = answer[4 : 4 + length], answer[4 + length :]
        if first or len(frame) < 16:
            first = False
            continue
        if int.from_bytes(frame[:4], "big", signed=True) < 0:
            continue  # A notice that nobody asked for.
        error = int.from_bytes(frame[12:16], "big", signed=True)
        size = int.from_bytes(frame[16:20], "big", signed=True)
        held = frame[20 : 20 + max(size, 0)] if error == 0 else b""
        yield " ".join(match.decode() for match in re.findall(rb"[!-~]{4,}", held))
