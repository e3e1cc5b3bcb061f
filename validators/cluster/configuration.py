"""The configuration of each node: readable, from one file, with keys and sizes that this Flink can use.

Knows the file as text and as Flink reads it. It must not know what other nodes say.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import manual
from wizard.desired import ALTERNATIVES, capacity_of
from wizard.findings import Finding, Fix
from wizard.flink.configfile import ConfigUnreadable, read_config
from wizard.flink.keys import judge_key
from wizard.flink.line import FLAT_CONFIG
from wizard.operations.mending import is_readable, mended_text
from wizard.sizing import concerns

from .observed import ClusterCheck, Observed, quoted


def syntax(seen: Observed) -> Iterator[Finding]:
    for host, _ in seen.hosts():
        file, form = seen.file(host.name)
        if file is None or file.text is None or is_readable(file.text, form):
            continue
        try:
            problems = [
                f"line {one.line}: {one.text}"
                for one in read_config(file.text, form).problems
                # Where env.java.home is written wrongly the Java check speaks.
                if not one.text.startswith(f"{seen.line.keys.java_home} is read only")
            ]
            fatal = form == "yaml"
        except ConfigUnreadable as broken:
            problems, fatal = [f"line {broken.line}: {broken.why}"], True
        if form == "flat" and file.text.startswith("\ufeff"):
            problems.append("line 1: a byte-order mark hides the first key")
        if not problems:
            continue
        yield Finding(
            "conf-yaml-syntax",
            "error",
            (host.name,),
            f"Flink cannot read {file.path.rsplit('/', 1)[1]}",
            problems[0],
            "one key, a colon, a blank and a value in every line",
            "No daemon starts with it." if fatal else "Flink leaves such a line out and takes its default.",
            tuple(f"{host.name}: {file.path}: {one}" for one in problems[:8]),
            Fix("asks", "Put these lines right", (), "mend-syntax")
            if mended_text(file.text, form) is not None
            else manual(f"Correct that line of {file.path} on {host.name}"),
        )


def missing(seen: Observed) -> Iterator[Finding]:
    """No configuration at all, or one under the name that this Flink does not read."""
    line = seen.line
    for host, facts in seen.hosts():
        home = seen.home(host.name)
        if home is None or home.version is None:
            continue
        file, _ = seen.file(host.name)
        other = facts.conf_file(seen.spec.flink.home, line.config.file)
        if file is None:
            flat = facts.conf_file(seen.spec.flink.home, FLAT_CONFIG)
            node = seen.desired.nodes[host.name]
            yield Finding(
                "conf-missing",
                "error",
                (host.name,),
                f"There is no conf/{line.config.file}",
                f"conf/{FLAT_CONFIG} alone, which this Flink does not read" if flat else "no file",
                f"conf/{line.config.file}",
                "No daemon starts without it.",
                (f"{host.name}: {home.conf_dir}/{line.config.file}",),
                Fix("safe", "Write it from what is wanted", (), "write-config", tuple(node.config)),
            )
        elif other is not None and other is not file:
            differ = _differing(file.text, other.text)
            yield Finding(
                "both-config-files",
                "error" if differ else "warning",
                (host.name,),
                "Two configuration files, of which Flink reads the old one",
                f"conf/{FLAT_CONFIG} and conf/{line.config.file}",
                f"conf/{line.config.file} alone",
                f"Whatever is written into {line.config.file} has no effect.",
                (
                    f"{host.name}: {file.path}",
                    f"{host.name}: {other.path}",
                    *(f"{host.name}: {key} differs" for key in differ[:6]),
                ),
                Fix(
                    "asks",
                    f"Move the old one away, write what is wanted into {line.config.file}, and start the daemons anew",
                    (),
                    "set-aside-config",
                    tuple(seen.desired.nodes[host.name].config),
                ),
            )


def _differing(flat: str | None, yaml: str | None) -> tuple[str, ...]:
    """The keys that two configurations set otherwise; none where one of them cannot be read."""
    try:
        old, new = read_config(flat or "", "flat").values, read_config(yaml or "", "yaml").values
    except ConfigUnreadable:
        return ()
    return tuple(sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))


def old_keys(seen: Observed) -> Iterator[Finding]:
    """Keys of memory that this Flink does not read any more, or not yet: it says nothing about them."""
    version = seen.spec.flink.version
    for host, _ in seen.hosts():
        config = seen.config(host.name)
        for key, value in config.values.items() if config is not None else ():
            if not ("memory" in key or "heap" in key):
                continue
            verdict = judge_key(version, key)
            if verdict.standing not in {"removed", "later"}:
                continue
            new = verdict.other
            known = config.values if config is not None else dict[str, str]()
            yield Finding(
                "legacy-memory-keys",
                "warning",
                (host.name,),
                f"Flink {version} does not read {key}",
                f"{key}: {value}",
                new or "a key that this Flink reads",
                "Flink passes over it without a word: the daemon has another size than somebody meant.",
                (quoted(seen, host.name, key),),
                Fix(
                    "safe",
                    f"Write {new} in its place" if new not in known else f"Take it out; {new} is set",
                    (),
                    "write-config",
                    ((key, None),) if new in known else ((key, None), (new, value)),
                )
                if new is not None
                else manual(f"Take {key} out of the configuration of {host.name}"),
            )


def sizes(seen: Observed) -> Iterator[Finding]:
    """Memory that does not add up, or that the host does not have; a default parallelism beyond all slots."""
    for host, facts in seen.hosts():
        config = seen.config(host.name)
        if config is None or not facts.memory_mib or not facts.cores:
            continue
        node = seen.desired.nodes[host.name]
        yield from _unsized(seen, host.name)
        capacity = capacity_of(seen.spec, host, facts, node.taskmanagers)
        for concern in concerns(seen.line, capacity, config.values, seen.desired.slots):
            memory = "memory" in concern.key or "heap" in concern.key
            if memory and concern.severity == "error":
                over = "less than its daemons would take" in concern.text
                yield _memory(seen, host.name, concern.key, concern.text, over)
            elif concern.key == seen.line.keys.parallelism and host.name == seen.master.name:
                yield Finding(
                    "slots-fewer-than-parallelism",
                    "warning",
                    (host.name,),
                    "The default parallelism is more than all slots",
                    f"{concern.key}: {config.values.get(concern.key)}",
                    f"at most {seen.desired.slots}",
                    "A job without a parallelism of its own waits for slots until it fails.",
                    (quoted(seen, host.name, concern.key),),
                    Fix(
                        "asks",
                        "Lower it to the number of slots",
                        (),
                        "write-config",
                        ((concern.key, str(seen.desired.slots)),),
                    ),
                )


def _unsized(seen: Observed, host: str) -> Iterator[Finding]:
    """A daemon without any size: from Flink 1.10 (TaskManager) and 1.11 (JobManager) its script refuses to start it."""
    memory = seen.line.memory
    for key, here in (
        (memory.taskmanager.key, seen.spec.is_worker(host)),
        (memory.jobmanager.key, host == seen.master.name),
    ):
        others = ALTERNATIVES.get(key, ())
        if here and others and not any(seen.value(host, one) for one in (key, *others)):
            text = "Flink's script ends with “Either required fine-grained memory … need to be configured”."
            yield _memory(seen, host, key, text, False)


def _memory(seen: Observed, host: str, key: str, text: str, over: bool) -> Finding:
    suggested = dict(seen.desired.nodes[host].config)
    value = seen.value(host, key)
    others = [other for other in ALTERNATIVES.get(key, ()) if seen.value(host, other) is not None]
    wanted = suggested.get(key)
    # The size that is wanted may stand there already, beside another that contradicts it.
    plain = wanted is not None and (wanted != value or bool(others))
    return Finding(
        "memory-over-ram" if over else "memory-config-impossible",
        "error",
        (host,),
        f"The daemons of {host} are larger than its memory" if over else "The memory sizes do not add up",
        f"{key}: {value}"
        if value
        else ", ".join(f"{one}: {seen.value(host, one)}" for one in others) or f"{key} is not set",
        "sizes that fit the host" if over else "sizes that add up",
        text,
        tuple(quoted(seen, host, one) for one in (key, *others) if seen.value(host, one) is not None)
        or (quoted(seen, host, key),),
        Fix(
            "asks",
            f"Write {key}: {wanted}",
            (),
            "write-config",
            ((key, wanted), *((other, None) for other in others)),
        )
        if plain
        else manual(f"Set {key} alone, to a size that {host} can give, and leave the other sizes out"),
    )


CONFIGURATION = (
    ClusterCheck("syntax", {"conf-yaml-syntax": "Flink cannot read a line of the configuration"}, syntax),
    ClusterCheck(
        "configuration file",
        {
            "conf-missing": "there is no configuration file that this Flink reads",
            "both-config-files": "an old configuration file wins over the new one",
        },
        missing,
    ),
    ClusterCheck("old keys", {"legacy-memory-keys": "a memory key that this Flink does not read"}, old_keys),
    ClusterCheck(
        "sizes",
        {
            "memory-config-impossible": "memory sizes that do not add up",
            "memory-over-ram": "daemons larger than the host's memory",
            "slots-fewer-than-parallelism": "a default parallelism beyond all slots",
        },
        sizes,
    ),
)
