"""The answers that a cluster implies: what is there, written as an operator would have answered, each with its origin.

Pure: what was gathered in, answers out. Nothing is invented: what nobody decided stays open, and what answers cannot
say is told in a note. It must not know how anything was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from validators.values import ValueProblem, is_own_name, parse_cluster_name, parse_host_name, parse_user

from ..answers import Answers, BadAnswers, parse_answers, write_answers
from ..answers.answers import HostEntry, Value
from ..answers.declared import DECLARED
from ..answers.keys import Key
from ..facts import DiskFacts, PublicKey
from ..flink.catalogue import builds_of
from ..javachoice import JavaWish
from ..view import Adopted
from .candidates import OF_FLINK
from .gathered import Gathered, Node
from .shares import Own, is_ha, shares
from .sshway import way_to


@dataclass(slots=True)
class _Guess:
    """Answers as they come together. A value that the answers file refuses becomes a note."""

    values: dict[str, Value] = field(default_factory=dict[str, Value])
    origins: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])

    def put(self, path: str, value: str, origin: str) -> None:
        try:
            self.values[path] = cast(Key, DECLARED[path]).parse(value)
        except ValueProblem as problem:
            self.notes.append(f"{path}: {problem.sentence}.")
        else:
            self.origins[path] = origin

    def put_value(self, path: str, value: Value, origin: str) -> None:
        self.values[path], self.origins[path] = value, origin


def implied(seen: Gathered) -> Adopted:
    """The answers of this cluster."""
    guess = _Guess(notes=list(seen.notes))
    address = master_address(seen)
    common = shares(seen, address or seen.master.name)
    _cluster(seen, guess)
    java = _java(seen, guess)
    _hosts(seen, guess, common.own, java, address)
    _ssh(seen, guess)
    _flink(seen, guess, common.config)
    _hdfs(seen, guess)
    _ha(seen, guess)
    _mode(seen, guess)
    _whole(seen, guess)
    notes = dict.fromkeys((*guess.notes, *_confs(seen), *common.notes))
    return Adopted(
        _checked(Answers(guess.values), guess),
        MappingProxyType(guess.origins),
        tuple(dict.fromkeys((*notes, *guess.notes))),
    )


def _checked(answers: Answers, guess: _Guess) -> Answers:
    """The answers with their text, as a file would give them back; what does not fit together is told and left out."""
    for _ in range(len(answers.values)):
        try:
            return parse_answers(write_answers(answers), "the answers", complete=False)
        except BadAnswers as bad:
            wrong = {problem.path: problem for problem in bad.problems if problem.severity == "error"}
            for path, problem in wrong.items():
                guess.notes.append(f"{path}: {problem.sentence}.")
                answers = _without(answers, path)
    return answers


def _without(answers: Answers, path: str) -> Answers:
    """These answers without the one that this problem is about."""
    whole = max(
        (name for name in answers.values if path == name or path.startswith((f"{name}.", f"{name}["))),
        key=len,
        default="",
    )
    if whole.endswith(".config"):
        pairs = {key: text for key, text in answers.pairs_at(whole).items() if f"{whole}.{key}" != path}
        if len(pairs) < len(answers.pairs_at(whole)):
            return answers.with_value(whole, pairs or None)
    if not whole:
        below = [name for name in answers.values if name.startswith(f"{path}.")]
        whole = below[0] if below else next(iter(answers.values))
    return answers.with_value(whole, None)


def _cluster(seen: Gathered, guess: _Guess) -> None:
    """Named after the master, by the name that people call it."""
    named = (seen.master.name, seen.master.address, seen.master.facts.hostname or "", "flink")
    for name in named:
        short = name.partition(".")[0] if not name.replace(".", "").isdigit() and ":" not in name else ""
        if not short or is_own_name(name):
            continue
        try:
            guess.put_value("cluster", parse_cluster_name(short.replace("@", "-")), "the name of its master")
        except ValueProblem:
            continue
        return


def master_address(seen: Gathered) -> str:
    """What the other nodes shall call the master, "" when that is the name by which it is reached from here."""
    master = seen.master
    told = master.address
    if told == master.name or is_own_name(told):
        return ""
    try:
        return parse_host_name(told)
    except ValueProblem:
        return ""


def _hosts(seen: Gathered, guess: _Guess, own: dict[str, Own], java: dict[str, str], address: str) -> None:
    user = seen.master.facts.user or seen.master.entry.user or ""
    master = _entry(seen.master, user, seen, java.get(seen.master.name))
    master = replace(master, address=address or None)
    if user:
        try:
            guess.put_value("user", parse_user(user), f"the login on {seen.master.name}")
        except ValueProblem as problem:
            guess.notes.append(f"user: {problem.sentence}.")
    source = seen.master.conf.file or seen.master.name
    guess.put_value(
        "master", (master,), f"jobmanager.rpc.address in {source}" if address else "named by --master"
    )
    entries: list[HostEntry] = []
    for node in seen.workers:
        differs = own.get(node.name, Own())
        entry = master if node.name == seen.master.name else _entry(node, user, seen, java.get(node.name))
        entries.append(
            replace(
                entry,
                taskmanagers=node.count if node.count > 1 else None,
                slots=differs.slots,
                memory=differs.memory,
            )
        )
    if entries:
        guess.put_value("workers", tuple(entries), seen.workers_from)
    ports = {entry.port for entry in (master, *entries)}
    if len(ports) == 1 and None not in ports:
        port = next(iter(ports))
        guess.put_value("ssh.port", port or 22, "every host was reached at it")
        guess.values["master"] = (replace(master, port=None),)
        guess.values["workers"] = tuple(replace(entry, port=None) for entry in entries)
    if not entries:
        guess.values.pop("workers", None)


def _entry(node: Node, user: str, seen: Gathered, java: str | None) -> HostEntry:
    """How this machine reaches a node, and what the cluster calls it where that is another name."""
    own = node.entry.user if node.entry.user != user else None
    address = None if node.address == node.name or is_own_name(node.address) else node.address
    return replace(node.entry, user=own, address=address, java_home=java)


def _java(seen: Gathered, guess: _Guess) -> dict[str, str]:
    """Java homes that are a host's own; one that all have is put down for all."""
    in_conf = {node.name: node.conf.values.get(seen.line.keys.java_home, "") for node in seen.nodes}
    in_login = {node.name: (node.facts.login_environment or {}).get("JAVA_HOME", "") for node in seen.nodes}
    read = [node for node in seen.nodes if not node.trouble]
    homes: dict[str, str] = {}
    for node in read:
        home = in_conf[node.name] or in_login[node.name] or _running_java(seen, node)
        if home:
            try:
                homes[node.name] = cast(str, cast(Key, DECLARED["java.home"]).parse(home.rstrip("/")))
            except ValueProblem as problem:
                guess.notes.append(f"Java on {node.name}: {problem.sentence}.")
    everywhere = all(
        in_login[node.name]
        and node.facts.java_command
        and node.facts.java_command.home == in_login[node.name]
        for node in read
    )
    if read and everywhere and not any(in_conf.values()):
        guess.put_value("java.set_in", ("shell-profile",), "both kinds of shell have JAVA_HOME on every host")
    if not homes:
        return {}
    common = set(homes.values())
    if len(common) == 1 and len(homes) == len(read):
        if any(in_conf.values()):
            origin = f"{seen.line.keys.java_home} in Flink's configuration"
        elif any(in_login.values()):
            origin = "JAVA_HOME of the login"
        else:
            origin = "what Flink runs on"
        guess.put_value("java.home", next(iter(common)), origin)
        return {}
    return homes


def _running_java(seen: Gathered, node: Node) -> str:
    """The Java that Flink runs on, where another one would be taken if none was named."""
    running = [one.java for one in node.facts.daemons or () if one.kind in OF_FLINK and one.java]
    if not running or not running[0].endswith("/bin/java"):
        return ""
    home = running[0].removesuffix("/bin/java").removesuffix("/jre")
    usual = JavaWish.of(seen.line.java).choose(node.facts)
    return home if usual is None or usual.home.rstrip("/") != home else ""


def _ssh(seen: Gathered, guess: _Guess) -> None:
    if seen.jump:
        guess.put("ssh.jump", seen.jump, "the workers are reached through the master alone")
    keys: Mapping[str, PublicKey] = seen.master.facts.ssh.key_files if seen.master.facts.ssh else {}
    home = (seen.master.facts.home or "").rstrip("/")
    options = seen.master.conf.values.get(seen.line.keys.ssh_opts, "")
    config = seen.master.facts.paths.get("~/.ssh/config")
    named = {
        way_to(node.address, options, (config.text if config else None) or "").key
        for node in seen.workers
        if node.name != seen.master.name
    } - {None}
    trusted = {key.blob for node in seen.workers if node.facts.ssh for key in node.facts.ssh.trusted}
    default = f"{home}/.ssh/id_ed25519"
    works = [path for path, key in keys.items() if key.blob in trusted]
    if len(named) == 1:
        path, origin = str(next(iter(named))), "the ssh options of the master"
    elif default not in works and works:
        path, origin = works[0], "the master's key that the workers trust"
    else:
        return
    short = f"~{path.removeprefix(home)}" if home and path.startswith(f"{home}/") else path
    if short == "~/.ssh/id_ed25519":
        return
    guess.put("ssh.cluster_key", short, origin)
    kind = keys.get(path.replace("~", home, 1) if path.startswith("~/") else path)
    if kind is not None and kind.type == "ssh-rsa":
        guess.put_value("ssh.cluster_key_type", "rsa", origin)


def _flink(seen: Gathered, guess: _Guess, config: dict[str, str]) -> None:
    jar = f"the flink-dist jar in {seen.home.path}"
    guess.put("flink.version", seen.version, jar)
    guess.put("flink.home", seen.home.path, seen.why)
    if seen.home.conf_dir:
        guess.put("flink.conf_dir", seen.home.conf_dir, "FLINK_CONF_DIR of what runs")
    shared = seen.master.home is not None and seen.master.home.fstype != "" and len(seen.nodes) > 1
    if shared and seen.master.home is not None:
        kind = seen.master.home.fstype
        if not DiskFacts("", "", kind, 0, 0).local:
            guess.put("flink.distribute", "shared", f"the home lies on {kind}")
    try:
        usual = builds_of(seen.version)[0].scala
    except (ValueError, IndexError):
        usual = None
    if seen.scala and usual and seen.scala != usual:
        guess.put("flink.build.scala", seen.scala, jar)
    if config:
        file = seen.master.conf.file or "the configuration"
        guess.put_value("flink.config", config, f"what {file} says and Flink {seen.line.name} does not ship")


def _hdfs(seen: Gathered, guess: _Guess) -> None:
    if seen.hadoop is None:
        running = [one for one in seen.master.facts.daemons or () if one.kind == "namenode"]
        if running:
            guess.notes.append("A NameNode runs on the master; where its configuration lies was not found.")
        return
    guess.put_value("hdfs.mode", "existing", seen.hadoop.origin)
    guess.put("hdfs.address", seen.hadoop.address, seen.hadoop.origin)
    if seen.hadoop.conf_dir:
        guess.put("hdfs.conf_dir", seen.hadoop.conf_dir, seen.hadoop.origin)
    if seen.hadoop.home:
        guess.put("hdfs.home", seen.hadoop.home, "the running daemon of HDFS")


def _server(text: str) -> str:
    """A ZooKeeper server with its port; its client takes 2181 where none is written."""
    return text if ":" in text else f"{text}:2181"


def _ha(seen: Gathered, guess: _Guess) -> None:
    ha, values = seen.line.ha, seen.master.conf.values
    if ha is None or not is_ha(values):
        return
    source = seen.master.conf.file
    quorum = tuple(_server(part.strip()) for part in values.get(ha.quorum, "").split(",") if part.strip())
    parse = cast(Key, DECLARED["ha.zookeeper"]).parse
    try:
        servers = tuple(str(parse(server)) for server in quorum)
    except ValueProblem as problem:
        servers = ()
        guess.notes.append(f"{ha.quorum}: {problem.sentence}.")
    if not servers or not values.get(ha.storage):
        guess.notes.append(f"{source} asks for high availability, but not with {ha.quorum} and {ha.storage}.")
        return
    guess.put_value("ha.zookeeper", servers, f"{ha.quorum} in {source}")
    guess.put("ha.storage_dir", values[ha.storage], f"{ha.storage} in {source}")
    user = seen.master.facts.user or ""
    standby = [_entry(node, user, seen, None) for node in seen.standby if node.name != seen.master.name]
    if standby:
        guess.put_value("standby", tuple(standby), "conf/masters")
    listed = {one.host for one in seen.masters.hosts}
    if listed and not {seen.master.name, seen.master.address} & listed:
        guess.notes.append(
            f"{seen.master.name} is not in conf/masters, which names {', '.join(sorted(listed))}."
        )


def _mode(seen: Gathered, guess: _Guess) -> None:
    if seen.line.number > (0, 10):
        return
    for daemon in seen.master.facts.daemons or ():
        if daemon.kind == "jobmanager" and "--streamingMode streaming" in daemon.command:
            guess.put_value("start.mode", "streaming", "how the JobManager was started")


def _whole(seen: Gathered, guess: _Guess) -> None:
    """What the operator has to know of nodes that could not be looked at, or run as somebody else."""
    for node in seen.nodes:
        if node.trouble:
            guess.notes.append(node.trouble)
        users = sorted(
            {
                one.user
                for one in node.facts.daemons or ()
                if one.kind in OF_FLINK and one.user != node.facts.user
            }
        )
        if users:
            guess.notes.append(
                f"On {node.name} Flink runs as {', '.join(users)}, and the login is {node.facts.user}. "
                f"Log in as {users[0]} to look after it: --master {users[0]}@{seen.master.name}."
            )
        if not node.trouble and node.home is not None and node.home.version not in (None, seen.version):
            guess.notes.append(
                f"{node.name} holds Flink {node.home.version} in {seen.home.path}, the master {seen.version}."
            )
        elif not node.trouble and (node.home is None or not node.home.exists):
            guess.notes.append(f"{node.name} has no {seen.home.path}.")


def _confs(seen: Gathered) -> Iterable[str]:
    for node in seen.nodes:
        if not node.trouble and node.home is not None and node.home.exists:
            yield from (f"{node.name}: {note}." for note in node.conf.notes)
