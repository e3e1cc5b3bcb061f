"""The key pair with which the master logs in on every host, and the keys that open each host already.

Knows ~/.ssh of an account as it was observed. It must not know how this machine logs in.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..facts import HostFacts
from ..fingerprints import fingerprint
from ..operations.operation import CannotOperate
from ..operations.sshkeys import effective_file, public_key, trusted_entries
from ..questions import Option, question
from ..spec import ClusterSpec, HostSpec
from ..text import one_line
from ..view import View
from .cells import STATE, UNKNOWN, row_of, state_by, verdict
from .step import ByHand, Cell, Step
from .typed import from_master, lines_for, of_spec, port_of, user_of, word

CONCERNS = frozenset(
    {
        "authorized-keys-elsewhere",
        "cluster-key-encrypted",
        "key-options-restrict",
        "known-hosts-conflict",
        "ssh-modes-refused",
        "sshd-takes-no-keys",
        "trusted-keys",
    }
)

COLUMNS = (STATE, "other keys", "modes", "cluster key", "login from master")


@dataclass(frozen=True, slots=True)
class TrustedRow:
    """A key that opens an account. `ours`: it is the cluster key. `options` restrict what it may do."""

    type: str
    comment: str
    fingerprint: str
    file: str = ""
    options: str = ""
    ours: bool = False


def trusted_keys(view: View, host: str) -> tuple[TrustedRow, ...]:
    """The keys that open this host's account today, the cluster key last."""
    seen = view.facts_of(host)
    if seen is None or seen.ssh is None:
        return ()
    ours = _cluster_key(view)
    rows = [
        TrustedRow(
            one_line(key.type, 40),
            one_line(key.comment, 80),
            fingerprint(key.blob),
            one_line(key.file, 120),
            one_line(key.options, 120),
            bool(ours) and key.blob == ours,
        )
        for key in seen.ssh.trusted
    ]
    return tuple(sorted(rows, key=lambda row: row.ours))


def to_be_added(view: View, host: str) -> str:
    """What will be appended on this host and to which file; "" when nothing will, or nothing is known yet."""
    seen, spec = view.facts_of(host), view.spec
    if seen is None or spec is None or seen.ssh is None or len(spec.hosts) < 2:
        return ""
    blob = _cluster_key(view)
    if blob and any(key.blob == blob for key in seen.ssh.trusted):
        return ""
    try:
        file = effective_file(seen)
    except CannotOperate:
        return ""
    what = f"the key {fingerprint(blob)}" if blob else "the new key"
    return f"{what} of {spec.master.name}, at the end of {one_line(file, 120)}"


def _cluster_key(view: View) -> str:
    """The public half of the cluster key, "" when there is none or it was not read."""
    if view.spec is None:
        return ""
    seen = view.facts_of(view.spec.master.name)
    key = public_key(seen, view.spec.ssh.cluster_key) if seen else None
    return key.blob if key else ""


def _modes(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    if seen.ssh is None:
        return UNKNOWN
    modes = (seen.ssh.home_mode, seen.ssh.dir_mode, seen.ssh.authorized_keys_mode)
    text = " ".join("none" if mode is None else f"{mode:03o}" for mode in modes)
    return Cell(text, state_by(view, host.name, "ssh-modes-refused", else_="good"))


def _key(view: View, host: HostSpec, seen: HostFacts) -> Cell:
    spec = view.spec
    if spec is None or seen.ssh is None:
        return UNKNOWN
    if len(spec.hosts) < 2:
        return Cell("not needed", "dim")
    master = view.facts_of(spec.master.name)
    key = public_key(master, spec.ssh.cluster_key) if master else None
    if key is None:
        words = "will be made" if host.name == spec.master.name else "will be added"
        return Cell(words if master and master.ssh else "-", "plain" if master and master.ssh else "dim")
    if trusted_entries(seen, key):
        return Cell("trusted", state_by(view, host.name, "key-options-restrict", else_="good"))
    return Cell("will be added", state_by(view, host.name, "authorized-keys-elsewhere"))


def _login(view: View, host: HostSpec) -> Cell:
    spec = view.spec
    master = view.facts_of(spec.master.name) if spec else None
    if spec is None or len(spec.hosts) < 2:
        return Cell("not needed", "dim")
    proof = master.logins.get(host.address) if master else None
    if proof is None:
        return Cell("proved in Apply", "dim")
    if proof.ok:
        return Cell("works", "good")
    return Cell("not without a password yet", "plain")


def _read(view: View, host: HostSpec, seen: HostFacts) -> tuple[Cell, ...]:
    others = sum(1 for row in trusted_keys(view, host.name) if not row.ours)
    return (
        verdict(view, host.name, CONCERNS),
        Cell(str(others)) if seen.ssh else UNKNOWN,
        _modes(view, host, seen),
        _key(view, host, seen),
        _login(view, host),
    )


def _summary(view: View) -> tuple[str, ...]:
    spec = view.spec
    if spec is None:
        return ()
    if len(spec.hosts) < 2:
        return ("One machine alone: no login from the master is needed.",)
    key = _cluster_key(view)
    if key:
        return (f"The cluster key {spec.ssh.cluster_key} is there: {fingerprint(key)}.",)
    return (f"The cluster key {spec.ssh.cluster_key} will be made on {spec.master.name}.",)


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    del view
    if len(spec.hosts) < 2:
        return (ByHand("On one machine alone Flink's scripts use no ssh", ("hostname",)),)
    key, kind = spec.ssh.cluster_key, spec.ssh.cluster_key_type
    size = " -b 3072" if kind == "rsa" else ""
    return (
        ByHand(
            f"On {spec.master.name}, as {spec.user}",
            (f"ssh-keygen -t {kind}{size} -N '' -f {word(key)}", f"cat {word(key + '.pub')}"),
        ),
        ByHand(
            f"From {spec.master.name}: pin each host key, append the public key",
            lines_for(spec.hosts, lambda host: _add(spec, host, key)),
        ),
        ByHand(
            "On every host: sshd refuses keys that others could change",
            (
                "chmod go-w ~; chmod 700 ~/.ssh; chmod 600 ~/.ssh/authorized_keys",
                "cat ~/.ssh/authorized_keys",
            ),
        ),
        ByHand(
            f"Proof, from {spec.master.name}",
            lines_for(spec.hosts, lambda host: f"{from_master(spec, host, '-o', 'BatchMode=yes')} hostname"),
        ),
    )


def _add(spec: ClusterSpec, host: HostSpec, key: str) -> str:
    port = port_of(spec, host)
    flag = f" -p {port}" if port else ""
    target = word(f"{user_of(spec, host)}@{host.address}")
    scan = f"ssh-keyscan{flag} {word(host.address)} >> ~/.ssh/known_hosts"
    return f"{scan}; ssh-copy-id -i {word(key + '.pub')}{flag} {target}"


def _kinds(view: View) -> tuple[Option, ...]:
    del view
    return (
        Option("ed25519", "ed25519", "short and fast; sshd of 2014 and newer"),
        Option("rsa", "rsa", "3072 bits, for an older sshd"),
    )


SSH_KEYS = Step(
    "ssh-keys",
    "SSH keys",
    "Flink's scripts log in from the master to every host with a key of their own. "
    "It is made where it is missing, and added to the keys that a host trusts.",
    questions=(
        question(
            "ssh.cluster_key",
            help="On the master: the private key that Flink's scripts use. It has no passphrase.",
        ),
        question("ssh.cluster_key_type", title="Type of a new key", options=_kinds),
    ),
    columns=COLUMNS,
    row=row_of(len(COLUMNS), _read),
    by_hand=_by_hand,
    concerns=CONCERNS,
    summary=_summary,
)
