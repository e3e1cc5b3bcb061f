"""The master's logins on the nodes, as Flink's scripts make them: why one fails, sought in the node's own files.

ssh never says why a key was refused, so the cause is what the node's account, modes and sshd settings show. A login
that works is right, whichever key it used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from validators.check import manual
from wizard.facts import HostFacts
from wizard.findings import Finding, Fix
from wizard.fingerprints import fingerprint
from wizard.operations.operation import CannotOperate
from wizard.operations.selinux import TYPE as SELINUX_TYPE
from wizard.operations.selinux import wrong_contexts
from wizard.operations.sshclient import known_name
from wizard.operations.sshkeys import effective_files, forbids_commands, public_key, trusted_entries
from wizard.operations.sshmodes import refused_modes
from wizard.servicefacts import LoginFacts
from wizard.spec import HostSpec

from .observed import ClusterCheck, Observed

_WHY = "Flink's scripts start the workers by ssh from the master, with nobody there to type."

_GROUPS = ("allowusers", "denyusers", "allowgroups", "denygroups")


def logins(seen: Observed) -> Iterator[Finding]:
    """One finding for each node that the master cannot log in on, by its likeliest cause."""
    master = seen.facts[seen.master.name]
    if not master.reached or all(one.address in seen.line.lists.local_names for one in seen.spec.workers):
        return
    for host, node in seen.hosts():
        if not seen.spec.is_worker(host.name):
            continue
        login = master.logins.get(host.address)
        if login is None:
            continue
        user = host.user or seen.spec.user
        if login.ok and login.user != user:
            yield _finding(
                "wrong-or-missing-user",
                host.name,
                f"{seen.master.name} logs in on {host.name} as {login.user}",
                login.user,
                user,
                (f"{seen.master.name}: ssh {host.address} id -un: {login.user}",),
                manual(f"Look for a User line for {host.address} in ~/.ssh/config of {seen.master.name}"),
            )
        elif not login.ok:
            yield _cause(seen, host, node, login)


def _cause(seen: Observed, host: HostSpec, node: HostFacts, login: LoginFacts) -> Finding:
    said, master = login.evidence.lower(), seen.master.name
    line = f"{master}: ssh {host.address}: {login.evidence}"
    observed = login.evidence or "the login fails"
    if "identification has changed" in said or ("host key" in said and "changed" in said):
        return _key_changed(seen, host, node, line)
    if "host key verification failed" in said or "host key is known" in said:
        conflict = _conflict(seen, host, node)
        return _key_changed(seen, host, node, line) if conflict else _unknown_key(seen, host, line)
    if "too many authentication failures" in said:
        return _finding(
            "too-many-auth-failures",
            master,
            f"{master} offers {host.name} too many keys",
            observed,
            "one key",
            (line,),
            Fix("asks", "Name the one key in ~/.ssh/config of the master", (), "write-ssh-config")
            if seen.spec.ssh.cluster_key.rsplit("/", 1)[-1] not in {"id_ed25519", "id_rsa", "id_ecdsa"}
            else manual(f"On {master}, for Host {host.address} in ~/.ssh/config: IdentitiesOnly yes"),
        )
    if "could not resolve" in said:
        return _finding(
            "name-not-resolvable",
            master,
            f"{host.address} cannot be resolved on {master}",
            observed,
            f"the address of {host.name}",
            (line,),
            manual(f"Enter {host.address} in DNS or in /etc/hosts on {master}"),
        )
    if "refused" in said or "timed out" in said or "no route" in said or "no answer within" in said:
        return _closed(seen, host, observed, line)
    if (
        "nobody can" in said
        or "currently not available" in said
        or "has expired" in said
        or "password change" in said
    ):
        return _finding(
            "account-disabled",
            host.name,
            f"The account on {host.name} lets nobody in",
            observed,
            "an account that may log in",
            (line,),
            manual(f"As root on {host.name}: chage -l {seen.spec.user}; passwd -S {seen.spec.user}"),
        )
    if "did not run the command" in said:
        return _shell(seen, host, node, observed, line)
    return _refused(seen, host, node, observed, line)


def _refused(seen: Observed, host: HostSpec, node: HostFacts, observed: str, line: str) -> Finding:
    """The node said no and not why: whatever in its own files would make it do so."""
    master, name = seen.facts[seen.master.name], host.name
    wrong = refused_modes(node)
    owner = node.ssh.home_owner if node.ssh is not None else ""
    if wrong or owner not in ("", "root", node.user):
        shown = tuple(f"{name}: {path} is open to other writers" for path, _ in wrong)
        return _finding(
            "ssh-modes-refused",
            name,
            f"sshd on {name} refuses every key because of modes or owners",
            ", ".join(path for path, _ in wrong) or f"{node.home} belongs to {owner}",
            "the home directory, ~/.ssh and authorized_keys written by their owner alone",
            (line, *shown),
            Fix("safe", "Close them to other writers", (), "fix-modes")
            if wrong and owner in ("", "root", node.user)
            else manual(f"As root on {name}: chown {node.user} {node.home}"),
        )
    settings = node.ssh.settings if node.ssh is not None else MappingProxyType[str, str]({})
    if settings.get("pubkeyauthentication", "yes").lower() == "no":
        return _policy(name, "PubkeyAuthentication no", observed, line)
    for word in _GROUPS:
        if settings.get(word):
            return _policy(name, f"{word} {settings[word]}", observed, line)
    if seen.facts[seen.master.name].ssh is None:
        return _unexplained(seen, name, observed, line)
    path = seen.spec.ssh.cluster_key
    key = public_key(master, path)
    encrypted = set(master.ssh.encrypted_keys) if master.ssh is not None else set[str]()
    if any(one.endswith(path.removeprefix("~")) for one in encrypted):
        return _finding(
            "encrypted-private-key",
            seen.master.name,
            f"The key {path} on {seen.master.name} asks for a passphrase",
            f"{path} is encrypted",
            "a key of its own for the cluster, without a passphrase",
            (line,),
            manual("Name another file as ssh.cluster_key in the answers: a new pair is then made there"),
        )
    if key is None:
        return _finding(
            "ssh-key-not-authorized",
            seen.master.name,
            f"{seen.master.name} has no key to log in with",
            f"no {path}",
            "a key pair that every node trusts",
            (line,),
            Fix("safe", "Make a pair, and append its public half on every node", (), "generate-key"),
        )
    entries = trusted_entries(node, key)
    for entry in entries:
        if entry.options and (forbids_commands(entry.options) or "from=" in entry.options):
            return _finding(
                "key-options-restrict",
                name,
                f"{name} trusts the key of {seen.master.name} for something else only",
                entry.options,
                "the cluster key without options that keep the master out",
                (line, f"{name}: {entry.file or 'authorized_keys'}: {entry.options}"),
                manual(f"Take the options off that line on {name}, or name another ssh.cluster_key"),
            )
    if not entries:
        return _not_trusted(seen, node, key.blob, observed, line)
    contexts = wrong_contexts(node)
    if contexts:
        return _finding(
            "selinux-context",
            name,
            f"SELinux on {name} keeps sshd from reading the keys",
            contexts[0],
            f"the type {SELINUX_TYPE} for ~/.ssh and what is in it",
            (line, *(f"{name}: {one}" for one in contexts)),
            Fix("asks", "Restore the contexts that the policy names", (), "restore-context"),
        )
    return _unexplained(seen, name, observed, line)


def _not_trusted(seen: Observed, node: HostFacts, blob: str, observed: str, line: str) -> Finding:
    name = node.name
    try:
        read = effective_files(node, node.ssh.authorized_keys_files) if node.ssh is not None else ()
    except CannotOperate:
        read = ()
    elsewhere = [one.file for one in (node.ssh.trusted if node.ssh else ()) if one.blob == blob]
    if elsewhere and read:
        return _finding(
            "authorized-keys-elsewhere",
            name,
            f"The key stands in a file that sshd on {name} does not read",
            elsewhere[0] or "another file",
            " or ".join(read),
            (line,),
            Fix("safe", "Append the key to the file that sshd reads", (), "authorize-key"),
        )
    return _finding(
        "ssh-key-not-authorized",
        name,
        f"{name} does not trust the key of {seen.master.name}",
        f"{fingerprint(blob)} is not in authorized_keys: {observed}",
        "the master's public key in authorized_keys",
        (line,),
        Fix("safe", "Append the public key; nothing that is there is changed", (), "authorize-key"),
    )


def _closed(seen: Observed, host: HostSpec, observed: str, line: str) -> Finding:
    port = host.port or seen.spec.ssh.port
    if port not in (None, 22):
        return _finding(
            "ssh-other-port",
            seen.master.name,
            f"{seen.master.name} does not know that sshd on {host.name} listens on port {port}",
            observed,
            f"port {port} for {host.address} in ~/.ssh/config of {seen.master.name}",
            (line,),
            Fix("safe", "Name the port in the master's ~/.ssh/config", (), "write-ssh-config"),
        )
    return _finding(
        "ssh-between-nodes-closed",
        host.name,
        f"{seen.master.name} cannot reach sshd on {host.name}, which this machine can",
        observed,
        f"port 22 of {host.name} open to {seen.master.name}",
        (line,),
        manual(
            f"Look for a firewall on {host.name} that lets {seen.master.name} not in",
            "sudo nft list ruleset",
        ),
    )


def _shell(seen: Observed, host: HostSpec, node: HostFacts, observed: str, line: str) -> Finding:
    restricted = [one for one in (node.ssh.trusted if node.ssh else ()) if forbids_commands(one.options)]
    if restricted:
        return _finding(
            "key-options-restrict",
            host.name,
            f"{host.name} runs another command than the one that was asked for",
            restricted[0].options,
            "the cluster key without options",
            (line, f"{host.name}: {restricted[0].file}: {restricted[0].options}"),
            manual(f"Take the options off that line on {host.name}, or name another ssh.cluster_key"),
        )
    return _finding(
        "login-profile-hijacks",
        host.name,
        f"The shell on {host.name} ends or takes over before a command runs",
        observed,
        "a shell that runs the command it is given",
        (line,),
        manual(f"Put what is for people behind a guard in the shell files of {host.name}"),
    )


def _policy(name: str, setting: str, observed: str, line: str) -> Finding:
    return _finding(
        "sshd-policy-refuses",
        name,
        f"sshd on {name} is told to refuse this login",
        setting,
        "sshd that lets the user that runs Flink in with a key",
        (line, f"{name}: sshd: {setting}", observed),
        manual(f"As root on {name}: correct that line of sshd's configuration, sshd -t, then reload sshd"),
    )


def _unexplained(seen: Observed, name: str, observed: str, line: str) -> Finding:
    return _finding(
        "master-login-refused",
        name,
        f"{name} refuses the login of {seen.master.name}, and its files do not show why",
        observed,
        f"a login as {seen.spec.user}",
        (line,),
        manual(f"As root on {name}, sshd's log tells why", "journalctl -u ssh -u sshd -n 50"),
    )


def _conflict(seen: Observed, host: HostSpec, node: HostFacts) -> bool:
    """Whether known_hosts of the master holds another key of a kind that the node has."""
    true = {key.type: key.blob for key in (node.ssh.host_keys if node.ssh else ())}
    known = seen.facts[seen.master.name].known.get(
        known_name(host.address, host.port or seen.spec.ssh.port), ()
    )
    return any(key.type in true and true[key.type] != key.blob for key in known)


def _unknown_key(seen: Observed, host: HostSpec, line: str) -> Finding:
    return _finding(
        "known-hosts-unknown",
        seen.master.name,
        f"{seen.master.name} does not know the host key of {host.address}",
        f"no key for {host.address} in ~/.ssh/known_hosts",
        "the key of every node, under every name that is used",
        (line,),
        Fix(
            "asks",
            "Append the keys that the nodes themselves showed over a verified login",
            (),
            "pin-host-keys",
        ),
    )


def _key_changed(seen: Observed, host: HostSpec, node: HostFacts, line: str) -> Finding:
    name = known_name(host.address, host.port or seen.spec.ssh.port)
    known = seen.facts[seen.master.name].known.get(name, ())
    true = node.ssh.host_keys if node.ssh is not None else ()
    return _finding(
        "host-key-changed",
        seen.master.name,
        f"{seen.master.name} knows {host.address} with another host key than {host.name} has",
        ", ".join(f"{key.type} {fingerprint(key.blob)}" for key in known) or "another key",
        ", ".join(f"{key.type} {fingerprint(key.blob)}" for key in true) or f"the key of {host.name}",
        (line,),
        manual(
            f"If {host.name} was installed anew, run this on {seen.master.name}; if not, find out who answers",
            f"ssh-keygen -R '{name}'",
        ),
    )


def _finding(
    id: str, host: str, title: str, observed: str, wanted: str, evidence: tuple[str, ...], fix: Fix
) -> Finding:
    lines = tuple(re.sub(r"\s+", " ", line).strip() for line in evidence)
    return Finding(id, "error", (host,), title, observed, wanted, _WHY, lines, fix)


LOGINS = ClusterCheck(
    "logins",
    {
        "ssh-key-not-authorized": "a node does not trust the master's key, or the master has none",
        "known-hosts-unknown": "the master does not know a node's host key",
        "host-key-changed": "a host shows another key than the one that is known",
        "ssh-modes-refused": "sshd refuses keys because of modes or owners",
        "ssh-other-port": "sshd listens on another port, which the master is not told",
        "ssh-between-nodes-closed": "the master cannot reach a node's sshd",
        "sshd-policy-refuses": "sshd is told to refuse the login",
        "authorized-keys-elsewhere": "the key stands in a file that sshd does not read",
        "selinux-context": "SELinux keeps sshd from reading the keys",
        "key-options-restrict": "the key is trusted for something else only",
        "encrypted-private-key": "the cluster key asks for a passphrase",
        "wrong-or-missing-user": "another user than the one that runs Flink",
        "account-disabled": "the account lets nobody in",
        "too-many-auth-failures": "the master offers too many keys",
        "master-login-refused": "a login of the master is refused for an unknown reason",
        "login-profile-hijacks": "the shell profile ends or takes over before a command runs",
        "name-not-resolvable": "a name has no address on a host",
    },
    logins,
)
