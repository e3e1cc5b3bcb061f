"""What a plan proves, as shell: each proof is asked for a bounded time, and its verdict is printed.

Knows the kinds of proofs. It must not know how a host is reached: it calls the script's functions by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..hadoop.jmx import JMX_PATHS
from ..operations.hdfsfile import FileCameBack
from ..operations.hdfsjoin import ProveHadoopClasses
from ..operations.hdfsprove import DataNodesLive, NameNodeReady
from ..operations.home import SeeSharedHome
from ..operations.java import ProveJava
from ..operations.logins import ProveLogin
from ..operations.operation import Proof
from ..operations.proofjob import NoProofJob
from ..operations.prove import AddressesReachable, RestAnswers, TaskManagersRegistered
from .words import Names, comment

_PAUSE = 2
"""Seconds between two questions to the REST interface."""

_JAVA_SEEN = 'for shell in "sh" "bash -l"; do printf "JAVA_HOME in %s: " "$shell"; $shell -c \'echo "$JAVA_HOME"\'; done'


def proof_lines(proof: Proof, names: Names, reached: frozenset[str]) -> Iterator[str]:
    """The shell lines of one proof; `reached` are the hosts that take part."""
    match proof:
        case RestAnswers():
            yield from _rest_answers(proof, names)
        case TaskManagersRegistered():
            yield from _registered(proof, names)
        case AddressesReachable():
            yield from _reach_each_other(proof, names, reached)
        case ProveLogin():
            yield from _login(proof, names)
        case SeeSharedHome():
            test = names.words(("test", "-f", f"{proof.home}/.flink-wizard/manifest.json"))
            yield from _judged(f"{names.function(proof.host)} {test} </dev/null", proof.title, names)
        case ProveJava():
            seen = f"{names.function(proof.host)} {names.words(('sh', '-c', _JAVA_SEEN))} </dev/null"
            yield f"{seen} || bad {names.word(proof.title)}"
        case NameNodeReady():
            yield from _namenode(proof, names)
        case DataNodesLive():
            yield from _datanodes(proof, names)
        case ProveHadoopClasses():
            seen = names.words(("bash", "-l", "-c", '[ -n "$HADOOP_CLASSPATH" ]'))
            yield from _judged(f"{names.function(proof.host)} {seen} </dev/null", proof.title, names)
        case FileCameBack():
            # The script itself writes the file, and says so when it fails.
            return
        case NoProofJob():
            yield comment(f"Left out: {proof.reason}")
        case _:
            yield comment(f"See for yourself that {proof.title[0].lower()}{proof.title[1:]}")


def _ask(names: Names, host: str, address: str, port: int, path: str) -> str:
    words = names.words((address, str(port), path))
    return f'{names.function(host)} sh -c "$ask_rest" sh {words} </dev/null'


def _patiently(proof: Proof, condition: str, names: Names, otherwise: tuple[str, ...]) -> Iterator[str]:
    turns = max(1, int(proof.patience / _PAUSE))
    yield "n=0"
    yield f"until {condition}; do"
    yield "  n=$((n + 1))"
    yield f"  [ $n -lt {turns} ] || break"
    yield f"  sleep {_PAUSE}"
    yield "done"
    yield f"if [ $n -lt {turns} ]; then good {names.word(proof.title)}; else"
    yield from (f"  {line}" for line in otherwise)
    yield "fi"


def _rest_answers(proof: RestAnswers, names: Names) -> Iterator[str]:
    rest = proof.rest
    version = names.word(f'"{proof.version}"')
    # Flink before 1.0 does not tell its version; any answer is then good.
    yield "answers() {"
    yield f"  answer=$({_ask(names, proof.host, rest.address, rest.port, proof.line.web.overview)}) || return 1"
    yield (
        '  case $answer in *\'"flink-version"\'*) says "$answer" flink-version '
        + version
        + " ;; *'{'*) ;; *) return 1 ;; esac"
    )
    yield "}"
    log = f"{proof.title}: not so. Read the newest files in {proof.home}/log on {proof.host}"
    yield from _patiently(proof, "answers", names, (f"bad {names.word(log)}", "exit 1"))


def _registered(proof: TaskManagersRegistered, names: Names) -> Iterator[str]:
    rest, web = proof.rest, proof.line.web
    ask = _ask(names, proof.host, rest.address, rest.port, web.overview)
    condition = (
        f'answer=$({ask}) && says "$answer" {names.word(web.taskmanager_count)} {proof.taskmanagers}'
        f' && says "$answer" {names.word(web.slot_count)} {proof.slots}'
    )
    log = f"{proof.title}: not so. Read the newest files in {proof.home}/log on the workers"
    yield from _patiently(
        proof, condition, names, (f"bad {names.word(log)}", "printf '%s\\n' \"$answer\" | tail -n 1")
    )


def _reach_each_other(proof: AddressesReachable, names: Names, reached: frozenset[str]) -> Iterator[str]:
    workers = [host for host, _ in proof.workers if host in reached]
    rest = proof.rest
    if len(workers) < 2:
        yield comment("One worker: nothing to reach.")
        return
    pattern = r's/.*"path":"[^"]*@\([^:"\/]*\):.*"dataPort":\([0-9]*\).*/\1 \2/p'
    ask = _ask(names, proof.host, rest.address, rest.port, proof.line.web.taskmanagers)
    yield f"answer=$({ask}) || answer="
    listed = f"tr '{{' '\\n' | sed -n {names.word(pattern)} | tr ' ' '/'"
    yield f"places=$(printf '%s' \"$answer\" | {listed})"
    # No TaskManager listed means that none can be reached.
    yield 'closed=; [ -n "$places" ] || closed=" none is registered"'
    yield "for place in $places; do"
    for host in workers:
        function = names.function(host)
        yield f'  {function} sh -c "$try_port" sh "${{place%/*}}" "${{place#*/}}" </dev/null ||'
        yield f'    closed="$closed {function}:$place"'
    yield "done"
    title = names.word(proof.title)
    yield f'if [ -z "$closed" ]; then good {title}; else bad {title}": closed:$closed"; fi'


def _login(proof: ProveLogin, names: Names) -> Iterator[str]:
    for name in proof.names:
        login = names.words(
            ("ssh", "-n", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", name, "id", "-un")
        )
        test = f'[ "$({names.function(proof.master)} {login} </dev/null)" = {names.word(proof.user)} ]'
        yield from _judged(test, f"{proof.master} logs in on {name}", names, stops=True)


def _namenode(proof: NameNodeReady, names: Names) -> Iterator[str]:
    ask = _ask(names, proof.host, proof.web.address, proof.web.port, JMX_PATHS[1])
    condition = f'answer=$({ask}) && says "$answer" Safemode \'""\''
    log = f"{proof.title}: not so. Read the newest files in {proof.logs} on {proof.host}"
    yield from _patiently(proof, condition, names, (f"bad {names.word(log)}",))


def _datanodes(proof: DataNodesLive, names: Names) -> Iterator[str]:
    ask = _ask(names, proof.host, proof.web.address, proof.web.port, JMX_PATHS[0])
    condition = f'answer=$({ask}) && says "$answer" NumLiveDataNodes {len(proof.datanodes)}'
    log = f"{proof.title}: not so, or this Hadoop does not tell. See {proof.web.url}"
    yield from _patiently(proof, condition, names, (f"bad {names.word(log)}",))


def _judged(test: str, title: str, names: Names, stops: bool = False) -> Iterator[str]:
    yield f"if {test}; then good {names.word(title)}; else bad {names.word(title)}{'; exit 1' if stops else ''}; fi"
