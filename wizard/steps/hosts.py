"""Which machines, and how to reach them; for a repair also which Flink is there.

Knows names, logins and host keys. It must not know how a login is made.
"""

from __future__ import annotations

import getpass
from dataclasses import replace

from ..answers.build import home_of
from ..facts import HostFacts
from ..flink.catalogue import VERSIONS
from ..questions import Option, Suggested, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .cells import EMPTY, UNKNOWN, row_of, state_by, unread
from .step import ByHand, Cell, Step
from .typed import lines_for, login, names, of_spec, port_of
from .version import DEFAULT_VERSION, version_of

CONCERNS = frozenset(
    {
        "login-refused",
        "login-key-unreadable",
        "host-key-changed",
        "host-key-unknown",
        "host-unresolved",
        "host-unreachable",
        "same-machine",
        "name-has-underscore",
    }
)

COLUMNS = ("login", "host key", "system")


def login_name() -> str:
    """The user when none is named: who runs this; "" when this machine cannot say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _user(view: View) -> Suggested | None:
    name = view.spec.user if view.spec and view.answers.get("user") is None else login_name()
    return Suggested(name, "who is logged in here") if name else None


def _port(view: View) -> Suggested | None:
    del view
    return Suggested("22", "unless ~/.ssh/config names another")


def _has_admin(view: View) -> bool:
    return view.answers.get("ssh.admin.user") is not None


def _keeps(view: View) -> tuple[Option, ...]:
    del view
    return (
        Option("ask", "ask", "a new host key is shown, and you confirm it"),
        Option("accept-new", "accept-new", "a new host key is taken as it comes; a changed one is refused"),
        Option("strict", "strict", "only host keys that are known already"),
    )


def _system(seen: HostFacts) -> Cell:
    if seen.os is None:
        return UNKNOWN
    text = one_line(f"{seen.os.pretty or seen.os.kernel}, {seen.os.arch}", 48)
    return Cell(text, "plain" if seen.os.family else "warn")


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    user = one_line(seen.user or "?", 40)
    where = "this machine" if host.local else host.address
    port = port_of(view.spec, host) if view.spec else host.port
    text = f"{user} on {where}" if host.local else f"{user}@{where}:{port or 22}"
    return (Cell(text, state_by(view, host.name, *CONCERNS, else_="good")), _key(host, seen), _system(seen))


def _key(host: HostSpec, seen: HostFacts) -> Cell:
    if host.local:
        return Cell("not needed", "dim")
    kinds = (
        {key.type.removeprefix("ssh-").partition("-")[0] for key in seen.ssh.host_keys} if seen.ssh else ()
    )
    return Cell("known" + (f", {', '.join(sorted(kinds))}" if kinds else ""), "good")


_row_read = row_of(len(COLUMNS), _read)


def _row(view: View, host: HostSpec) -> tuple[Cell, ...]:
    seen = view.facts_of(host.name)
    if seen is not None and seen.imagined and seen.failure is None and view.use != "practice":
        return (Cell("imagined", "warn"), Cell("none", "dim"), _system(seen))
    if seen is None or seen.failure is None:
        return _row_read(view, host)
    cause = unread(view, host.name) or EMPTY
    if seen.failure.kind == "host-key-changed":
        return (cause, Cell("another than before", "bad"), EMPTY)
    if seen.failure.kind == "host-key-unknown" or any(key.host == host.name for key in view.new_keys):
        return (cause, Cell("new, to be confirmed", "warn"), EMPTY)
    return (cause, EMPTY, EMPTY)


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    del view
    far = tuple(host for host in spec.hosts if not host.local)
    if not far:
        return (ByHand("On this machine alone no login is needed", ("hostname; whoami",)),)
    compare = "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done"
    parts = [
        ByHand("Log in on every host once", lines_for(far, lambda host: f"{login(spec, host)} hostname")),
        ByHand(
            "Compare the fingerprint that ssh shows with what the host's own console says",
            (compare,),
        ),
    ]
    if len(spec.hosts) > 1:
        others = tuple(host for host in spec.hosts if host.name != spec.master.name)
        parts.append(
            ByHand(
                f"On {spec.master.name}: every host is found under the name that Flink will use",
                lines_for(others, lambda host: f"getent hosts {host.address}"),
            )
        )
    return tuple(parts)


_QUESTIONS = (
    question("master", help="Where the JobManager runs. localhost is this machine."),
    question(
        "workers",
        help="Where TaskManagers run: names, user@host:port or ranges, one a line or separated by commas.",
    ),
    question("user", help="The user that runs Flink, with the same name on every host.", suggest=_user),
    question("ssh.port", help="The port of sshd, where a host names no other.", suggest=_port),
    question(
        "ssh.key",
        help="The private key on this machine. Left open: ~/.ssh/config, the agent, the usual keys, a password.",
    ),
    question("ssh.host_keys", options=_keeps),
    question(
        "ssh.admin.user",
        title="Administrator",
        help="Another login that may use sudo, when the user above may not. Left open: there is none.",
    ),
    question(
        "ssh.admin.key",
        title="Administrator's key",
        help="The private key of the administrator, on this machine.",
        asked=_has_admin,
    ),
)

HOSTS = Step(
    "hosts",
    "Hosts",
    "The master runs the JobManager, the workers run TaskManagers. "
    "Each is looked at by ssh while you type, and nothing is changed.",
    questions=tuple(
        replace(one, required=False) if one.path == "ssh.admin.user" else one for one in _QUESTIONS
    ),
    columns=COLUMNS,
    row=_row,
    by_hand=_by_hand,
    concerns=CONCERNS,
)


def _found(view: View) -> dict[str, list[str]]:
    """Flink homes that daemons run from, each with what runs from it where."""
    homes: dict[str, list[str]] = {}
    for seen in view.facts:
        for daemon in seen.daemons or ():
            if daemon.kind in ("jobmanager", "taskmanager") and daemon.home:
                homes.setdefault(daemon.home, []).append(f"{daemon.kind} on {seen.name}")
    return homes


def _homes(view: View) -> tuple[Option, ...]:
    return tuple(
        Option(home, one_line(home, 120), f"runs: {names(runs, 3)}") for home, runs in _found(view).items()
    )


def _home(view: View) -> Suggested | None:
    place = _default_home(view)
    others = [home for home in _found(view) if home != place]
    seen = f"; a Flink runs from {names(others, 2)}" if others else ""
    return Suggested(place, f"the usual place{seen}")


def _default_home(view: View) -> str:
    if view.spec is not None and view.answers.get("flink.home") is None:
        return view.spec.flink.home
    user = view.answers.text_at("user") or login_name() or "flink"
    return f"{home_of(user)}/flink-{version_of(view)}"


def _versions(view: View) -> tuple[Option, ...]:
    """All releases, newest first; one that was found in the home says so."""
    homes = [home for seen in view.facts for home in seen.homes.values() if home.version]
    found = {home.version: home.path for home in homes}
    return tuple(
        Option(version, version, f"found in {one_line(found[version], 80)}" if version in found else "")
        for version in reversed(VERSIONS)
    )


def _version(view: View) -> Suggested | None:
    del view
    return Suggested(DEFAULT_VERSION, "the newest release; name the one that is there")


REPAIR_HOSTS = replace(
    HOSTS,
    purpose="The hosts of a cluster that is there, and the Flink that runs on them. "
    "Each is looked at by ssh while you type, and nothing is changed.",
    questions=(
        *HOSTS.questions[:3],
        question(
            "flink.version",
            help="The version of the Flink that is there.",
            options=_versions,
            suggest=_version,
        ),
        question(
            "flink.home",
            help="Where that Flink lies, the same path on every host.",
            options=_homes,
            suggest=_home,
        ),
        *HOSTS.questions[3:],
    ),
)
"""A repair asks what the cluster is; an install asks it on later steps."""
