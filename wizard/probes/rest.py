"""HTTP answers of daemons as the host itself gets them, and the output of read-only commands.

Knows enough HTTP/1.x to read one answer, from bash's /dev/tcp or from curl. It must not know what they mean.
A redirection is followed only where that is asked for, once, and no proxy is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.needs import Ask, Rest, host_and_port
from wizard.probes.script import Reading, Section, Unreadable, decoded, word
from wizard.servicefacts import CommandFacts, RestFacts

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes of one answer that are carried at most."""

_REST = r"""
address=@ADDRESS@ port=@PORT@ host=@HOST@
get() {
  if has bash; then
    limit 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 7
      e="\r\n"; printf "GET %s HTTP/1.0${e}Host: %s${e}Connection: close${e}${e}" "$4" "$3" >&3
      exec cat <&3' bash "$address" "$port" "$host" "$1"
  elif has curl; then
    limit 10 curl -q -sS -i -g --http1.0 --noproxy '*' --max-time 10 "http://$host$1"
  else
    echo 'there is neither bash nor curl' >&2
  fi
}
lead() {
  l=$(get "$1" 2>/dev/null | head -c 4000 | tr -d '\r' | sed -n '/^$/q; s|^[Ll]ocation: *http://\([^/]*\)/.*|\1|p')
  case $l in
    *[!a-zA-Z0-9.:\[\]-]*) ;;
    *:*) host=$l port=${l##*:} address=${l%:*}; address=${address#[[]}; address=${address%]};;
  esac
}
ask() {
  h answer "$1"
  { e=$( { get "$2" 4>&- | head -c @LIMIT@ 4>&- | b64 >&4 4>&-; } 2>&1 ); } 4>&1
  if [ -n "$e" ]; then h problem "$1"; printf '%s\n' "$e"; fi
}
"""


def rests(needs: Sequence[Rest]) -> tuple[Section, ...]:
    paths: dict[tuple[str, int], dict[str, None]] = {}
    followed = {(need.address, need.port) for need in needs if need.follow}
    for need in needs:
        paths.setdefault((need.address, need.port), {}).update(dict.fromkeys(need.paths))
    return tuple(
        _rest(address, port, tuple(wanted), (address, port) in followed)
        for (address, port), wanted in paths.items()
        if wanted
    )


def _rest(address: str, port: int, wanted: Sequence[str], follow: bool) -> Section:
    key = Rest(address, port, ()).key
    values = {
        "@ADDRESS@": word(address),
        "@PORT@": str(port),
        "@HOST@": word(host_and_port(address, port)),
        "@LIMIT@": str(ANSWER_LIMIT),
    }
    start = re.sub("@[A-Z]+@", lambda match: values[match[0]], _REST)
    start += f"lead {word(wanted[0])}\n" if follow else ""
    # A blank or a control character would end the request line early.
    calls = [
        f"ask {number} {word(path)}" for number, path in enumerate(wanted) if re.fullmatch(r"/[!-~]*", path)
    ]

    def read(reading: Reading) -> Mapping[str, Any]:
        return {"rest": {key: read_rest(reading, wanted)}}

    return Section(f"the web address {key}", start + "\n".join(calls) + "\n", read, 15 + 11 * len(wanted))


def read_rest(reading: Reading, wanted: Sequence[str]) -> RestFacts:
    """The answers by path; only a JSON body of a 200 counts as one."""
    answers: dict[str, Any] = dict.fromkeys(wanted)
    reachable = False
    evidence = ""
    for block in reading.all("answer"):
        status, body = read_http(decoded(block.body))
        if status is None:
            continue
        reachable = True
        if status != 200:
            evidence = evidence or f"{wanted[int(block.rest)]}: HTTP {status}"
            continue
        try:
            answers[wanted[int(block.rest)]] = json.loads(body)
        except ValueError as error:
            evidence = evidence or f"{wanted[int(block.rest)]}: no JSON ({error})"
    if not reachable:
        problems = [
            line for block in reading.all("problem") for line in block.body.splitlines() if line.strip()
        ]
        evidence = (
            re.sub(r"^\S*bash: (?:line \d+: )?", "", problems[0]) if problems else "no answer within 10 s"
        )
    return RestFacts(reachable, answers, evidence)


def read_http(answer: bytes) -> tuple[int | None, bytes]:
    """Status and body of one HTTP/1.x answer; None for what is no HTTP. A body in chunks is put together."""
    head, gap, body = answer.partition(b"\r\n\r\n")
    match = re.match(rb"HTTP/1\.\d (\d{3})", head)
    if match is None or not gap:
        return None, b""
    if re.search(rb"^transfer-encoding:\s*chunked", head, re.I | re.M):
        whole = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            length = int(size.split(b";")[0] or b"0", 16)
            if length == 0:
                break
            whole, body = whole + rest[:length], rest[length + 2 :]
        body = whole
    return int(match[1]), body


_ASK = r"""
h out
{ e=$( { limit @SECONDS@ @ARGV@ >&4 4>&-; s=$?; printf '\n%s' "$s"; } 2>&1 ); } 4>&1
h err; printf '%s\n' "$e"

"""


def asks(needs: Sequence[Ask]) -> tuple[Section, ...]:
    """One section a command; one that holds a value not known yet is left out."""
    return tuple(
        _ask(need) for need in dict.fromkeys(needs) if need.argv and not any("\0" in w for w in need.argv)
    )


def _ask(need: Ask) -> Section:
    values = {"@SECONDS@": str(need.timeout), "@ARGV@": " ".join(word(argument) for argument in need.argv)}
    text = re.sub("@[A-Z]+@", lambda match: values[match[0]], _ASK)

    def read(reading: Reading) -> Mapping[str, Any]:
        stderr, _, status = reading.body("err").removesuffix("\n").rpartition("\n")
        if not status.isdigit():
            raise Unreadable("its exit status did not arrive")
        return {"commands": {need.name: CommandFacts(int(status), reading.body("out"), stderr)}}

    return Section(f"the answer of {need.name}", text, read, need.timeout + 5)
