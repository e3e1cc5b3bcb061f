"""The account that runs Flink: the same everywhere, not root, with files that sshd accepts and a key it can
use.

Knows accounts and their ssh files. It must not know how this machine logs in.
"""

from __future__ import annotations

from collections.abc import Iterator

from validators.check import Check, Needs, everywhere, fix_by, manual, reached, refused, uses_ssh
from wizard.facts import ClusterFacts
from wizard.findings import Finding
from wizard.fingerprints import fingerprint
from wizard.needs import Account
from wizard.operations.operation import CannotOperate
from wizard.operations.sshclient import PinHostKeys, known_name
from wizard.operations.sshenvironment import SetJavaHomeInSshEnvironment
from wizard.operations.sshkeys import AuthorizeKey, GenerateKey, public_key
from wizard.operations.sshmodes import FixModes, refused_modes
from wizard.spec import ClusterSpec

from .java import wish_of


def users(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    for host, seen in reached(spec, facts):
        if seen.user is None:
            continue
        if seen.user != spec.user:
            yield Finding(
                "user-differs",
                "error" if host.user is None else "warning",
                (host.name,),
                f"The login is {seen.user}, not {spec.user}",
                seen.user,
                spec.user,
                "Flink's scripts log in on the workers under the name that they have on the master.",
                fix=manual(
                    f"Create {spec.user} there, or correct user in the answers",
                    f"sudo useradd -m {spec.user}",
                ),
            )
        if seen.uid == 0:
            yield Finding(
                "user-is-root",
                "warning",
                (host.name,),
                "Flink would run as root",
                f"uid 0 ({seen.user})",
                "a user of its own",
                "Every job could then do anything on this host.",
                fix=manual("Create a user and name it in the answers", "useradd -m flink"),
            )


def modes(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    if not uses_ssh(spec):
        return
    for host, seen in reached(spec, facts):
        wrong = refused_modes(seen)
        owner = seen.ssh.home_owner if seen.ssh is not None else ""
        foreign = owner not in ("", "root", seen.user)
        if wrong or foreign:
            observed = ", ".join(path for path, _ in wrong) or f"{seen.home} belongs to {owner}"
            yield Finding(
                "ssh-modes-refused",
                "error",
                (host.name,),
                "sshd would refuse every key because of modes or owners",
                f"open to other writers: {observed}" if wrong else observed,
                "the home directory, ~/.ssh and authorized_keys written by their owner alone",
                "sshd (StrictModes) says nothing to the one who logs in: the key just does not work.",
                fix=manual(f"As root: chown {seen.user} {seen.home}", f"chown {seen.user} {seen.home}")
                if foreign
                else fix_by(FixModes(host.name), facts),
            )


def cluster_key(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    if not uses_ssh(spec) or not facts[spec.master.name].home:
        return
    operation = GenerateKey(spec.master.name, spec.ssh.cluster_key, spec.ssh.cluster_key_type)
    yield from refused(
        "cluster-key-encrypted",
        operation,
        facts,
        "a key without a passphrase",
        "The master logs in unattended.",
    )


def trust(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Whether the cluster key can be trusted on each node, and whether sshd takes keys at all."""
    if not uses_ssh(spec):
        return
    for host, seen in reached(spec, facts):
        if seen.ssh is None or not seen.home:
            continue
        if seen.ssh.settings.get("pubkeyauthentication", "yes").lower() == "no":
            yield Finding(
                "sshd-takes-no-keys",
                "error",
                (host.name,),
                "sshd takes no keys",
                "PubkeyAuthentication no",
                "PubkeyAuthentication yes",
                "The master logs in with a key, because nobody is there to type a password.",
                fix=manual("As root: correct /etc/ssh/sshd_config, sshd -t, then reload sshd"),
            )
        operation = AuthorizeKey(host.name, spec.master.name, spec.ssh.cluster_key)
        key = public_key(facts[spec.master.name], spec.ssh.cluster_key)
        restricted = key is not None and any(entry.blob == key.blob for entry in seen.ssh.trusted)
        yield from refused(
            "key-options-restrict" if restricted else "authorized-keys-elsewhere",
            operation,
            facts,
            "the cluster key in the file that sshd reads, without options",
            "The master could not log in there.",
        )


def _pins(spec: ClusterSpec) -> PinHostKeys:
    names = tuple(
        dict.fromkeys(
            (known_name(name, port), host.name)
            for host in spec.hosts
            for port in (host.port or spec.ssh.port,)
            for name in (host.address, host.name)
        )
    )
    return PinHostKeys(spec.master.name, names)


def known_hosts(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    if not uses_ssh(spec) or not facts[spec.master.name].home:
        return
    yield from refused(
        "known-hosts-conflict",
        _pins(spec),
        facts,
        "the node's own host key, or none",
        "ssh on the master refuses to talk to a host whose key has changed.",
    )


def _key_needs(spec: ClusterSpec) -> Needs:
    master = spec.master.name
    needs = dict.fromkeys(spec.names, (Account(),))
    return {**needs, **GenerateKey(master, spec.ssh.cluster_key).needs()} if uses_ssh(spec) else needs


def ssh_environment(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """PermitUserEnvironment can be set by root alone."""
    if "ssh-environment" not in spec.java.set_in:
        return
    for host, seen in reached(spec, facts):
        if seen.sudo not in (None, "none") or seen.ssh is None or seen.ssh.permit_user_environment is True:
            continue
        operation = SetJavaHomeInSshEnvironment(host.name, wish_of(spec, host))
        try:
            satisfied = operation.satisfied(facts) or not operation.commands(facts)
        except CannotOperate as refusal:
            satisfied, action = False, refusal.action
        else:
            action = ""
        if not satisfied:
            yield Finding(
                "sudo-unavailable",
                "error",
                (host.name,),
                "sshd must be told to read ~/.ssh/environment, and the login may not use sudo",
                "sudo: none; PermitUserEnvironment is not yes",
                "sudo, or PermitUserEnvironment yes",
                "The answers set JAVA_HOME by way of ~/.ssh/environment.",
                fix=manual(action),
            )


def trusted_keys(spec: ClusterSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """Which keys open each node already: only the operator can say whether they should."""
    key = public_key(facts[spec.master.name], spec.ssh.cluster_key)
    ours = key.blob if key else ""
    for host, seen in reached(spec, facts):
        others = [key for key in (seen.ssh.trusted if seen.ssh else ()) if key.blob != ours]
        if others:
            yield Finding(
                "trusted-keys",
                "info",
                (host.name,),
                f"{len(others)} other keys open this account"
                if len(others) > 1
                else "Another key opens this account",
                ", ".join(key.comment or key.type for key in others),
                "only keys that you trust",
                "Whoever holds one of these keys can change the cluster.",
                tuple(f"{key.type} {fingerprint(key.blob)} {key.comment} ({key.file})" for key in others),
                manual("Take out of the file what you do not know."),
            )


ACCOUNT = (
    Check("user-differs", everywhere(Account()), users),
    Check("ssh-modes-refused", everywhere(Account()), modes),
    Check("cluster-key-encrypted", _key_needs, cluster_key),
    Check("authorized-keys-elsewhere", _key_needs, trust),
    Check("trusted-keys", everywhere(Account()), trusted_keys),
    Check("known-hosts-conflict", lambda spec: _pins(spec).needs() if uses_ssh(spec) else {}, known_hosts),
    Check("sudo-unavailable", everywhere(Account()), ssh_environment),
)
