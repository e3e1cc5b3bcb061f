"""The proof that the master logs in on a node as Flink's scripts will, and the likeliest cause when it does
not.

ssh never says why a key was refused, so the cause is sought in the node's own files and settings. Knows
these; it must not change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..facts import ClusterFacts
from ..fingerprints import fingerprint
from ..needs import Account, Logins, Need
from ..servicefacts import LoginFacts
from .operation import Proof, Verdict
from .sshkeys import forbids_commands, public_key, trusted_entries
from .sshmodes import refused_modes


@dataclass(frozen=True)
class ProveLogin(Proof):
    """The master logs in on this node under every name, without a password and without a terminal, as Flink
    does.

    `asked` are the names of all nodes: one reading on the master serves the proofs of all.
    """

    master: str
    names: tuple[str, ...]
    user: str
    asked: tuple[str, ...] = ()
    key_path: str = ""

    @property
    def id(self) -> str:
        return "prove-login"

    @property
    def title(self) -> str:
        return f"{self.master} logs in to {' and '.join(self.names)} without a password"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.master: (Logins(self.asked or self.names),)}

    def judge(self, facts: ClusterFacts) -> Verdict:
        seen = facts[self.master].logins
        wanted = f"a login as {self.user}"
        for name in self.names:
            login = seen.get(name)
            if login is None:
                return Verdict(False, f"{name} was not tried", wanted)
            if not login.ok:
                return Verdict(
                    False, f"{self.master} cannot log in on {name}", wanted, login.evidence, final=True
                )
            if login.user != self.user:
                return Verdict(
                    False,
                    f"{self.master} logs in on {name} as {login.user}",
                    wanted,
                    f"ssh {name} id -un: {login.user}",
                    f"Look for a User line for {name} in ~/.ssh/config of {self.master}.",
                    final=True,
                )
        return Verdict(True, "")

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host = facts[self.host]
        good = LoginFacts(True, self.user, host.hostname or self.host)
        return facts.added(self.master, logins=dict.fromkeys(self.names, good))

    def evidence_needs(self) -> Mapping[str, tuple[Need, ...]]:
        return (
            {self.host: (Account(),), self.master: (Account(),)}
            if self.host != self.master
            else {self.host: (Account(),)}
        )

    def explain(self, facts: ClusterFacts, verdict: Verdict) -> Verdict:
        if verdict.action:
            return verdict
        cause, action = self._cause(facts, verdict.evidence.lower())
        evidence = "\n".join(part for part in (verdict.evidence.strip(), cause) if part)
        return replace(verdict, evidence=evidence, action=action)

    def _cause(self, facts: ClusterFacts, said: str) -> tuple[str, str]:
        """The likeliest cause from what ssh said and from the node's own files, and what to do."""
        node = self.host
        if "host key verification failed" in said or "no host key is known" in said or "has changed" in said:
            return (
                f"the known_hosts of {self.master} does not hold the key that {node} shows",
                f"On {self.master}: ssh-keygen -F {self.names[0]}; then run again.",
            )
        if "could not resolve" in said:
            return ("", f"Give {self.names[0]} an address on {self.master}, in DNS or in /etc/hosts.")
        if "timed out" in said or "refused" in said or "no route" in said:
            return ("", f"See that sshd runs on {node}, on which port, and that no firewall stands between.")
        host = facts[node]
        modes = refused_modes(host)
        if modes:
            listed = ", ".join(f"chmod {mode} {path}" for path, mode in modes)
            return ("sshd refuses keys in places that others may write", f"On {node}: {listed}")
        settings: Mapping[str, str] = host.ssh.settings if host.ssh is not None else {}
        if settings.get("pubkeyauthentication", "yes") == "no":
            return (
                f"sshd on {node} takes no keys",
                f"As root on {node}: PubkeyAuthentication yes, then reload sshd.",
            )
        for word in ("allowusers", "denyusers", "allowgroups", "denygroups"):
            if settings.get(word):
                return (
                    f"sshd on {node}: {word} {settings[word]}",
                    f"Let {self.user} in, then reload sshd on {node}.",
                )
        return self._key_cause(facts)

    def _key_cause(self, facts: ClusterFacts) -> tuple[str, str]:
        host = facts[self.host]
        key = public_key(facts[self.master], self.key_path) if self.key_path else None
        entries = trusted_entries(host, key) if key is not None else ()
        for entry in entries:
            if forbids_commands(entry.options) or "from=" in entry.options:
                return (
                    f"{entry.file or 'authorized_keys'} restricts the key: {entry.options}",
                    f"Take the options off that line on {self.host}, or use another ssh.cluster_key.",
                )
        if key is not None and not entries:
            return (
                f"{self.host} does not trust {fingerprint(key.blob)}",
                "Run again: the key is then appended.",
            )
        return (
            "",
            f"As root on {self.host}: journalctl -u ssh -u sshd -n 50 tells why sshd refused the login.",
        )
