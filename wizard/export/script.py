"""The preview as a POSIX shell script for the control machine: the same commands, in the plan's order.

Knows how a command of a plan becomes lines of sh. It must not know what operations mean, but for the lock's owner.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator

from ..commands import Command, Fetch, FetchChoice, Later, Run, Transfer, Upload, laters_in
from ..flink.keys import SECRET_PARTS
from ..imagined import Done
from ..operations.lock import ReleaseLock, TakeLock
from ..operations.operation import Operation, Proof
from ..plan import Stage
from ..preview import Preview, Previewed
from ..printer import name_of
from ..product import PRODUCTS
from ..spec import HERE, ClusterSpec, HostSpec
from ..writing import discard_run, pack_run, unpack_run, upload_run
from .later import expression
from .programs import AS_ROOT, ASK_REST, FUNCTIONS, OBTAINING, PACK_HOME, TRY_PORT
from .proofs import proof_lines
from .words import Names, comment, fits_here_document, here_document, home_word

_SECRET_KEY = re.compile(
    rf"^[\s\"']*([\w.-]*(?:{'|'.join(map(re.escape, SECRET_PARTS))})[\w.-]*)[\"']?\s*[:=]",
    re.IGNORECASE | re.MULTILINE,
)


def script_text(preview: Preview, spec: ClusterSpec) -> str:
    """A script that does by hand what the preview shows. Who ran it and when is noted on the hosts as it runs."""
    return "\n".join(_Script(preview, spec).lines()) + "\n"


def secret_keys(preview: Preview) -> tuple[str, ...]:
    """Names of configuration keys in the files of a preview whose values are secrets, as Flink itself hides them."""
    uploads = [c for done in preview.done for c in done.commands if isinstance(c, Upload)]
    return tuple(sorted({key for upload in uploads for key in _SECRET_KEY.findall(upload.content)}))


class _Script:
    """One script while it is being written."""

    def __init__(self, preview: Preview, spec: ClusterSpec) -> None:
        self._preview = preview
        self._spec = spec
        self._names = Names(spec.names)
        self._given: set[Later] = set()
        self._owners = {step.owner for step in preview.plan.steps if isinstance(step, TakeLock | ReleaseLock)}

    def lines(self) -> Iterator[str]:
        yield from self._heading()
        yield FUNCTIONS.strip("\n")
        yield ""
        if any(isinstance(command, Fetch) for command in self._commands()):
            yield OBTAINING.strip("\n")
            yield f"pack_home={shlex.quote(PACK_HOME)}"
            yield ""
        yield from self._hosts()
        yield from self._programs()
        yield from self._ending()
        stages = list(zip(self._preview.plan.stages, self._preview.stages, strict=True))
        for number, (stage, previewed) in enumerate(stages, 1):
            if previewed.done or previewed.proofs:
                yield ""
                yield comment(f"[{number}/{len(stages)}] {stage.title}")
                yield from self._stage(stage, previewed)
        yield ""
        yield 'if [ "$verdict" -eq 0 ]; then echo "Done."; else echo "Done, but not all is well: see above." >&2; fi'
        yield 'exit "$verdict"'

    def _commands(self) -> Iterator[Command]:
        for done in self._preview.done:
            yield from done.commands

    def _heading(self) -> Iterator[str]:
        plan, secret = self._preview.plan, secret_keys(self._preview)
        yield "#!/bin/sh"
        yield comment(
            f"{plan.kind} of the Flink cluster {plan.cluster}: plan {plan.run_id} of flink-wizard, by hand."
        )
        yield "#"
        yield "# Run it on the machine that made it. It was made for the hosts as they were then: a file that was changed"
        yield "# since is not overwritten, the script stops there. After a failure make a new one; what is done stays done."
        yield "# It logs in with keys or an agent: load them first, and let ssh know the hosts. Where passwords are"
        yield "# needed, give FLINK_WIZARD_SSH='-o BatchMode=no'; sudo asks on the terminal for its own."
        if secret:
            yield "#"
            yield "# KEEP IT TO YOURSELF (chmod 600): it holds the values of these configuration keys:"
            yield from (comment(f"- {key}") for key in secret)
        for left in self._preview.left:
            yield comment(
                f"Not in it: {name_of(left.host)}: {left.title}: {left.status}: {left.cause} {left.action}"
            )
        for host, failure in self._preview.outcome.dropped.items():
            yield comment(f"{name_of(host)} takes no part: {failure.cause} {failure.action}")
        yield "# shellcheck disable=SC2016,SC2029,SC2034,SC2086,SC2317,SC2329"
        yield ""
        yield "set -eu"
        yield "umask 077"
        yield "ssh_options=${FLINK_WIZARD_SSH:--o BatchMode=yes}"
        yield 'work=$(mktemp -d "${TMPDIR:-/tmp}/flink-wizard.XXXXXX")'
        yield "verdict=0 locked='' at=start"
        yield 'who="$(id -un)@$(uname -n)"'
        yield "when=$(date -u +%Y-%m-%dT%H:%M:%S+00:00)"
        yield ""

    def _hosts(self) -> Iterator[str]:
        as_root = {d.host for d in self._preview.done for c in d.commands if isinstance(c, Run) and c.sudo}
        yield "# Each host has a function that runs its arguments there; root_… does so with sudo, which may ask."
        yield f"as_root={shlex.quote(AS_ROOT)}"
        for host in self._spec.hosts:
            function = self._names.function(host.name)
            if host.local:
                yield f'{function}() {{ here "$@"; }}'
                if host.name in as_root:
                    yield f'root_{function}() {{ here sh -c "$as_root" sh "$@"; }}'
                continue
            yield f'{function}() {{ quote "$@"; {self._ssh(host)} "$line"; }}'
            if host.name in as_root:
                yield f'root_{function}() {{ quote sh -c "$as_root" sh "$@"; {self._ssh(host, admin=True)} "$line"; }}'
        if HERE in as_root:
            yield 'root_here() { here sh -c "$as_root" sh "$@"; }'
        yield ""

    def _ssh(self, host: HostSpec, admin: bool = False) -> str:
        ssh = self._spec.ssh
        login = ssh.admin if admin else None
        key = login.key if login else host.key or ssh.key
        port = host.port or ssh.port
        words = ["ssh $ssh_options -o ConnectTimeout=15 -o ServerAliveInterval=15"]
        if ssh.host_keys != "ask":
            words.append(f"-o StrictHostKeyChecking={'yes' if ssh.host_keys == 'strict' else ssh.host_keys}")
        words += ["-t"] if admin else []
        words += [f"-p {port}"] if port else []
        words += [f"-i {home_word(key)}"] if key else []
        words.append(f"-l {shlex.quote(login.user if login else host.user or self._spec.user)}")
        return " ".join((*words, "--", shlex.quote(host.ssh_name or host.name)))

    def _programs(self) -> Iterator[str]:
        yield "# Programs that are sent to hosts more than once."
        sample = upload_run(Upload("/", ""), "", "", "")
        for name, run in (
            ("write_file", sample),
            ("unpack", unpack_run("")),
            ("pack", pack_run("")),
            ("discard", discard_run("")),
        ):
            yield f"{name}={shlex.quote(run.argv[2])}"
        yield f"ask_rest={shlex.quote(ASK_REST)}"
        yield f"try_port={shlex.quote(TRY_PORT)}"
        if self._owners:
            yield "begun=$(sed 's/.*) //' /proc/$$/stat 2>/dev/null | cut -d ' ' -f 20)"
            yield "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)"
            run_id = self._names.word(self._preview.plan.run_id)
            yield f"run_id={run_id}"
            yield 'owner="run $run_id by $(id -un) on $(uname -n)/$boot as process $$/$begun since $when"'
        yield ""

    def _ending(self) -> Iterator[str]:
        yield "finish() {"
        yield "  status=$?"
        yield "  trap - EXIT"
        yield "  set +e"
        yield '  if [ "$status" -ne 0 ] && [ "$verdict" -eq 0 ]; then printf \'Stopped at %s\\n\' "$at" >&2; fi'
        closing = [line for done in self._preview.closing for line in self._done(done)]
        if closing:
            yield '  if [ -n "$locked" ]; then'
            yield from closing
            yield "  fi"
        yield '  rm -rf "$work"'
        yield '  exit "$status"'
        yield "}"
        yield "trap finish EXIT"
        yield "trap 'exit 130' INT"
        yield "trap 'exit 143' TERM HUP"

    def _stage(self, stage: Stage, previewed: Previewed) -> Iterator[str]:
        by_step = {(done.host, done.operation): done for done in previewed.done}
        dropped = self._preview.outcome.dropped
        reached = frozenset(name for name in self._spec.names if name not in dropped)
        for step in stage.steps:
            if isinstance(step, Proof):
                if step.host not in dropped:
                    title = f"see that {step.title[0].lower()}{step.title[1:]}"
                    yield f"step {self._names.words((name_of(step.host), title))}"
                    yield from proof_lines(step, self._names, reached)
            elif (step.host, step.id) in by_step:
                yield from self._done(by_step[step.host, step.id])
                yield from self._after(step)

    def _after(self, step: Operation) -> Iterator[str]:
        if isinstance(step, TakeLock):
            yield "locked=yes"

    def _done(self, done: Done) -> Iterator[str]:
        yield f"step {self._names.words((name_of(done.host), done.title))}"
        for command in done.commands:
            yield from self._command(done.host, command)

    def _command(self, host: str, command: Command) -> Iterator[str]:
        if command.why:
            yield comment(command.why)
        match command:
            case Run():
                yield from self._learn(*command.argv, command.stdin)
                yield from self._run(host, command)
            case Upload():
                yield from self._upload(host, command)
            case Transfer():
                yield from self._learn(command.source_path, command.path)
                yield from self._transfer(command)
            case Fetch():
                yield from self._fetch(command)

    def _learn(self, *texts: str) -> Iterator[str]:
        """The lines that give the values which these texts hold and no command has given."""
        for later in (later for text in texts for later in laters_in(text)):
            if later in self._given:
                continue
            self._given.add(later)
            variable = self._names.variable(later)
            run = expression(later, self._spec)
            if run is None:
                yield f"{variable}=${{{variable}:?set it to the {later.name.replace('-', ' ')} of {later.host}}}"
            else:
                yield comment(run.why)
                yield f"{variable}=$({self._names.function(later.host)} {self._names.words(run.argv)} </dev/null)"

    def _run(self, host: str, run: Run) -> Iterator[str]:
        function = ("root_" if run.sudo else "") + self._names.function(host)
        line = f"{function} {' '.join(self._owned(word) for word in run.argv)}"
        below = ""
        if not run.stdin:
            # sudo may ask for its password, which is typed on the terminal.
            line += "" if run.sudo else " </dev/null"
        elif fits_here_document(run.stdin):
            redirection, below = here_document(run.stdin)
            line += f" {redirection}"
        else:
            yield f"printf '%s' {self._names.word(run.stdin)} > \"$work/input\""
            line += ' < "$work/input"'
        if run.gives is not None:
            self._given.add(run.gives)
            variable = self._names.variable(run.gives)
            # Assigned through a file, so that a here-document below stays outside the substitution.
            yield f'{line} > "$work/answer"' + (f"\n{below}" if below else "")
            yield f'{variable}=$(cat "$work/answer")'
            return
        yield line + _allowing(run.ok) + (f"\n{below}" if below else "")

    def _owned(self, word: str) -> str:
        return '"$owner"' if word in self._owners else self._names.word(word)

    def _upload(self, host: str, upload: Upload) -> Iterator[str]:
        yield from self._learn(upload.content, upload.before or "")
        run = upload_run(upload, self._preview.plan.run_id, "", "")
        path, mode, size, before, backup, record, owner = run.argv[4:]
        source, below = ' < "$work/file"', ""
        if fits_here_document(upload.content):
            redirection, below = here_document(upload.content)
            source, below = f" {redirection}", f"\n{below}"
        else:
            yield f"printf '%s' {self._names.word(upload.content)} > \"$work/file\""
            size = '"$(($(wc -c < "$work/file")))"'
        if laters_in(upload.before or ""):
            before = f"\"$(printf '%s' {self._names.word(upload.before or '')} | sha256)\""
        else:
            before = self._names.word(before)
        words = (self._names.word(path), mode, size, before, self._names.word(backup), self._record(record))
        function = ("root_" if upload.sudo else "") + self._names.function(host)
        yield f'{function} sh -c "$write_file" sh {" ".join(words)} {self._names.word(owner)}{source}{below}'

    def _record(self, record: str) -> str:
        """The line that is noted beside a backup, with who and when as the script runs."""
        blank = json.dumps({"when": "", "who": ""})[:-1]
        rest = record.removeprefix(blank)
        return f'"{{\\"when\\": \\"$when\\", \\"who\\": \\"$who\\""{self._names.word(rest)}'

    def _transfer(self, transfer: Transfer) -> Iterator[str]:
        names = self._names
        target, path = names.function(transfer.target), names.word(transfer.path)
        source = names.word(transfer.source_path)
        undo = f'{{ {target} sh -c "$discard" sh {path} </dev/null; exit 1; }}'
        if transfer.source == HERE and transfer.source_is_tar:
            yield f'{target} sh -c "$unpack" sh {path} < {source} || {undo}'
            return
        reader = f"cat {source}" if transfer.source_is_tar else f'sh -c "$pack" sh {source}'
        yield 'rm -f "$work/broken"'
        yield f'{{ {names.function(transfer.source)} {reader} </dev/null || : > "$work/broken"; }} |'
        yield f'  {target} sh -c "$unpack" sh {path} || {undo}'
        yield f'[ ! -e "$work/broken" ] || {undo}'

    def _fetch(self, fetch: Fetch) -> Iterator[str]:
        version = shlex.quote(fetch.version)
        paths = [shlex.quote(choice.address) for choice in fetch.choices if choice.kind == "path"]
        name = PRODUCTS[fetch.product].name
        yield f"product={name} cache={home_word(fetch.path)}"
        yield f'if cached {" ".join((version, *paths[:1]))}; then good "$cache is there already"'
        for choice in fetch.choices:
            yield f"elif {_obtained(version, choice)}; then good {shlex.quote(f'from {choice.kind}: {choice.address}')}"
        yield f"else echo {shlex.quote(f'{name} {fetch.version} could not be obtained: see above.')} >&2; exit 1; fi"


def _obtained(version: str, choice: FetchChoice) -> str:
    address = shlex.quote(choice.address)
    if choice.kind == "pypi":
        return f"from_pypi {address}"
    if choice.kind == "path":
        return f"from_path {version} {address}"
    checksum = shlex.quote(choice.checksum_url or "")
    optional = " optional" if choice.kind == "url" or not choice.checksum_url else ""
    return (
        f"archive {version} {address} {checksum} {choice.algorithm}sum {choice.connect_timeout:.0f}{optional}"
    )


def _allowing(ok: Iterable[int]) -> str:
    """What follows a command that may end with another status than 0."""
    allowed = tuple(ok)
    if allowed == (0,):
        return ""
    if len(allowed) > 200:
        return " || true"
    return f" || case $? in {'|'.join(map(str, allowed))}) ;; *) exit 1 ;; esac"
