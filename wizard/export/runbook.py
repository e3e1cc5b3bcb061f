"""The preview as a runbook in Markdown: for each stage and host what happens, why, the exact commands, what to see.

Knows previews and Markdown. It must not know how a script carries a command out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..commands import Command, Fetch, FetchChoice, Later, Run, Transfer, Upload, laters_in, shown
from ..imagined import Done
from ..operations.operation import Proof
from ..operations.prove import RestAnswers, TaskManagersRegistered
from ..plan import Stage
from ..preview import Preview, Previewed
from ..printer import name_of
from ..showing import diff_lines
from ..spec import HERE, ClusterSpec
from ..text import clean, one_line
from ..writing import pack_run, unpack_run
from .later import expression
from .script import secret_keys

_LONGEST_INPUT = 60
"""Lines of standard input that a runbook shows."""

WHY = {
    "Lock": "One change at a time: whoever comes second is told who is at work.",
    "Requirements": "Flink's scripts need these programs on every node, and ssh on the master.",
    "Java": "Every node runs a Java that this Flink accepts.",
    "Cluster key": "The master's scripts start the workers over ssh, with a key that asks nobody.",
    "Authorize the key": "Each node must trust that key. Lines are appended, none is changed.",
    "Known hosts": "The master must know the nodes' host keys: nobody is there to answer a question.",
    "Logins of the master": "Proved the way Flink's own scripts log in, before anything relies on it.",
    "JAVA_HOME": "Shells without a terminal must find the same Java.",
    "Obtain Flink": "The distribution is fetched once and verified before any node gets it.",
    "Install Flink": "A copy grows beside the final place and is renamed when it is whole.",
    "Shared directory": "Every node must see the same files.",
    "Obtain Hadoop": "The distribution is fetched once and verified before any node gets it.",
    "Java for Hadoop": "Hadoop runs on other versions of Java than Flink; each has its own.",
    "Install Hadoop": "On every node: DataNodes run from it, and Flink takes Hadoop's classes from it.",
    "Configure HDFS": "Only the settings that differ are written; remarks and other settings stay.",
    "Format the NameNode": "Only where nothing is in its directories, nor in those of any DataNode: a format forgets all files.",
    "Start the NameNode": "The DataNodes report there, so it comes first.",
    "DataNode directories": "Empty, or of this HDFS; anything else is left alone.",
    "Start the DataNodes": "Each host by itself, so that a failure has a name.",
    "Verify HDFS": "A start script's exit status proves nothing: the NameNode is asked, and a file is read back.",
    "Join Flink to HDFS": "Flink starts its daemons by a login shell, which must see Hadoop's classes.",
    "Configure Flink": "Each node has its own addresses and sizes; an edited file keeps what it says otherwise.",
    "Start the JobManager": "The TaskManagers register there, so it comes first.",
    "Start the TaskManagers": "Each host by itself, so that a failure has a name.",
    "Verify": "A start script's exit status proves nothing: Flink itself is asked.",
    "Record": "The master keeps the answers, so that a lost control machine loses nothing.",
}


def runbook_text(preview: Preview, spec: ClusterSpec) -> str:
    """A document to follow by hand; it holds no time but that of the plan."""
    return "\n".join(_lines(preview, spec)) + "\n"


def _lines(preview: Preview, spec: ClusterSpec) -> Iterator[str]:
    plan = preview.plan
    yield f"# Flink cluster {_plain(plan.cluster)}: {_plain(plan.kind)}"
    yield ""
    yield f"Plan {_plain(plan.run_id)}, for these hosts as they were when it was made:"
    yield ""
    yield from _hosts(spec)
    yield ""
    yield "Commands run as the login user of their host. A name in ‹angle brackets› is a value that an earlier"
    yield "command printed: put it in its place."
    secret = secret_keys(preview)
    if secret:
        yield ""
        yield f"**Keep this file to yourself** (`chmod 600`). It holds the values of: {', '.join(map(_code, secret))}."
    yield from _left(preview)
    if not preview.changes:
        yield ""
        yield "Nothing has to be changed."
    given: set[Later] = set()
    number = 0
    for stage, previewed in zip(plan.stages, preview.stages, strict=True):
        if previewed.done or previewed.proofs:
            number += 1
            yield ""
            yield f"## {number}. {_plain(stage.title)}"
            if stage.title in WHY:
                yield ""
                yield WHY[stage.title]
            yield from _stage(stage, previewed, spec, given)
    if preview.closing:
        yield ""
        yield "## At the end, also after a failure"
        for done in preview.closing:
            yield from _done(done, spec, given)


def _hosts(spec: ClusterSpec) -> Iterator[str]:
    yield "| host | address | login | role |"
    yield "|---|---|---|---|"
    for host in spec.hosts:
        roles = [
            role
            for role, has in (
                ("master", host.name == spec.master.name),
                ("standby", host in spec.standby),
                ("worker", spec.is_worker(host.name)),
            )
            if has
        ]
        port = host.port or spec.ssh.port
        login = "this machine" if host.local else f"{host.user or spec.user}@{host.ssh_name or host.name}"
        login += f", port {port}" if port and not host.local else ""
        yield f"| {_plain(host.name)} | {_plain(host.address)} | {_plain(login)} | {', '.join(roles)} |"


def _left(preview: Preview) -> Iterator[str]:
    for left in preview.left:
        yield ""
        yield f"Not done on {_plain(name_of(left.host))}: {_plain(left.title)}: {_plain(left.cause)} {_plain(left.action)}"
    for host, failure in preview.outcome.dropped.items():
        yield ""
        yield f"{_plain(name_of(host))} takes no part: {_plain(failure.cause)} {_plain(failure.action)}"


def _stage(stage: Stage, previewed: Previewed, spec: ClusterSpec, given: set[Later]) -> Iterator[str]:
    by_step = {(done.host, done.operation): done for done in previewed.done}
    for step in stage.steps:
        if isinstance(step, Proof):
            yield ""
            yield f"**Expect, on {_plain(name_of(step.host))}:** {_plain(step.title)}" + (
                f" (within {step.patience:.0f} s)." if step.patience else "."
            )
            if isinstance(step, RestAnswers | TaskManagersRegistered):
                address = f"{step.rest.url}{step.line.web.overview}"
                yield ""
                yield from _fenced("sh", Run(("curl", "-s", address)).line())
        elif (step.host, step.id) in by_step:
            yield from _done(by_step[step.host, step.id], spec, given)


def _done(done: Done, spec: ClusterSpec, given: set[Later]) -> Iterator[str]:
    yield ""
    yield f"### {_plain(name_of(done.host))}: {_plain(done.title)}"
    for command in done.commands:
        yield from _learn(command, spec, given)
        yield ""
        if command.why:
            yield f"{_plain(command.why[0].upper() + command.why[1:])}:"
            yield ""
        yield from _command(command)
        if isinstance(command, Run) and command.gives is not None:
            given.add(command.gives)
            yield ""
            yield f"What it prints is {command.gives.placeholder}."


def _learn(command: Command, spec: ClusterSpec, given: set[Later]) -> Iterator[str]:
    """How to get a value that this command uses and none before it has printed."""
    for later in _used(command):
        run = expression(later, spec)
        if later not in given and run is not None:
            given.add(later)
            yield ""
            yield f"{later.placeholder} is what this prints on {_plain(name_of(later.host))}:"
            yield ""
            yield from _fenced("sh", run.line())


def _used(command: Command) -> Iterator[Later]:
    match command:
        case Run():
            texts = (*command.argv, command.stdin)
        case Upload():
            texts = (command.content,)
        case Transfer():
            texts = (command.source_path, command.path)
        case Fetch():
            texts = ()
    for text in texts:
        yield from laters_in(text)


def _command(command: Command) -> Iterator[str]:
    match command:
        case Run():
            yield from _fenced("sh", ("sudo " if command.sudo else "") + shown(command.line()))
            if command.stdin:
                yield from _input(command.stdin)
            if command.ok != (0,) and "may fail" not in command.why:
                yield ""
                yield "It may fail."
        case Upload():
            yield from _upload(command)
        case Transfer():
            yield from _transfer(command)
        case Fetch():
            what = f"{command.product.capitalize()} {_plain(command.version)}"
            yield f"{what} becomes {_code(command.path)}, from the first of these that works:"
            for choice in command.choices:
                yield from _choice(choice)


def _input(text: str) -> Iterator[str]:
    lines = shown(text).splitlines()
    yield ""
    if len(lines) > _LONGEST_INPUT:
        yield f"Its standard input has {len(lines)} lines; they are in the script of this plan (`--format sh`)."
        return
    yield "Its standard input:"
    yield ""
    yield from _fenced("", "\n".join(lines))


def _upload(upload: Upload) -> Iterator[str]:
    root = " as root" if upload.sudo else ""
    owner = f", owner {_code(upload.owner)}" if upload.owner else ""
    if upload.before is None:
        yield f"Write {_code(upload.path)}{root} (mode {upload.mode:04o}{owner}):"
        yield ""
        yield from _fenced("", shown(upload.content))
        return
    kept = ", after a copy of the old one" if upload.backup else ""
    yield f"Change {_code(upload.path)}{root} (mode {upload.mode:04o}{owner}){kept}:"
    yield ""
    yield from _fenced("diff", "\n".join(diff_lines(upload)))


def _transfer(transfer: Transfer) -> Iterator[str]:
    source, path = shown(transfer.source_path), shown(transfer.path)
    where = name_of(transfer.target)
    if transfer.source_is_tar:
        yield f"On {_plain(where)}, with {_code(source)} of {_plain(name_of(transfer.source))} as standard input:"
    else:
        yield f"On {_plain(name_of(transfer.source))}:"
        yield ""
        yield from _fenced("sh", shown(pack_run(transfer.source_path).line()))
        yield ""
        yield f"and its output as the standard input of this on {_plain(where)}:"
    yield ""
    yield from _fenced("sh", shown(unpack_run(path).line()))


def _choice(choice: FetchChoice) -> Iterator[str]:
    yield ""
    if choice.kind == "pypi":
        wanted = " ".join(f"{name}=={choice.address}" for name in ("apache-flink", "apache-flink-libraries"))
        yield from _fenced("sh", f"python3 -m pip download --no-deps {wanted}")
        yield ""
        yield "The folders bin, conf, lib, opt and plugins of both packages together are the home."
    elif choice.kind == "path":
        yield f"{_code(choice.address)} on {name_of(HERE)}."
    else:
        line = Run(("curl", "-fL", "-o", "flink.tgz", choice.address)).line()
        if choice.checksum_url:
            line += (
                "\n" + Run(("curl", "-fL", choice.checksum_url)).line() + f"\n{choice.algorithm}sum flink.tgz"
            )
        yield from _fenced("sh", line)
        if choice.checksum_url:
            yield ""
            yield "The two sums must be equal."


def _fenced(language: str, text: str) -> Iterator[str]:
    """A block that ends where we end it, whatever the text holds."""
    text = clean(text).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence


def _plain(text: str) -> str:
    """One line of prose in which nothing is markup."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", one_line(text, 300))


def _code(text: str) -> str:
    text = one_line(text, 300)
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
