"""The sentences for everything that can go wrong with a login: one cause and one next action per kind.

Knows the kinds of `ConnectionFailed` and their words. It must not know the library: whoever calls has already
found out what happened.
"""

from __future__ import annotations

from wizard.connection import ConnectionFailed
from wizard.text import one_line

_CHECK_KEYS_THERE = (
    "The reason is in sshd's log on {host} (journalctl -u ssh, or /var/log/auth.log): the key is not in "
    "~/.ssh/authorized_keys there, a mode or owner is too open, or the account is not allowed."
)

SENTENCES: dict[str, tuple[str, str]] = {
    "refused": (
        "{host} refuses connections on port {port}: sshd is not running there, or listens on another port.",
        "Start sshd on {host}, or give its port (user@host:port).",
    ),
    "refused/jump": (
        "{host} cannot be reached from {jump}: connecting to port {port} failed there.",
        "Check from {jump} that {host} answers on port {port}, or correct ProxyJump in your ssh config.",
    ),
    "timeout/jump": (
        "{host} does not answer {jump} on port {port}: it is down, or a firewall is in between.",
        "Check from {jump} that {host} answers on port {port}, or correct ProxyJump in your ssh config.",
    ),
    "unresolved/jump": (
        "The name {address} has no address on {jump}, through which {host} is reached.",
        "Correct the name, or add it to DNS or /etc/hosts on {jump}.",
    ),
    "refused/sessions": (
        "{host} allows no further session on this login.",
        "Raise MaxSessions in sshd's configuration on {host}.",
    ),
    "timeout": (
        "{host} does not answer on port {port} within {seconds:g} s: it is down, or a firewall drops it.",
        "Check that {host} is up, and that port {port} is open from here.",
    ),
    "timeout/banner": (
        "{host} accepts connections on port {port} but says nothing for {seconds:g} s: "
        "sshd hangs, or something else listens there.",
        "Look at the load and at sshd's log on {host}; slow name lookups there (UseDNS) also cause this.",
    ),
    "timeout/auth": (
        "{host} did not answer the login of {user} within {seconds:g} s.",
        "Try `ssh {user}@{host}`; slow PAM modules, name lookups or directories on {host} cause this.",
    ),
    "timeout/command": (
        "A command on {host} did not end within {seconds:g} s.",
        "Look on {host} at what it waits for; try again when the cause is gone.",
    ),
    "timeout/idle": (
        "A command on {host} was silent for {seconds:g} s.",
        "Look on {host} at what it waits for; try again when the cause is gone.",
    ),
    "timeout/start": (
        "{host} did not start a command within {seconds:g} s.",
        "Look at the load of {host}; try again when it answers.",
    ),
    "unresolved": (
        "The name {address} has no address on this machine.",
        "Correct the name, add it to DNS or /etc/hosts here, or give {host} an address.",
    ),
    "unreachable": (
        "No route to {host} port {port} from this machine.",
        "Check the network and the firewall between this machine and {host}.",
    ),
    "unreachable/proxy": (
        "The ProxyCommand for {host} gave no connection.",
        "Try `ssh {host}`; correct ProxyCommand in the ssh configuration.",
    ),
    "unreachable/forwarding": (
        "{jump} does not forward connections to {host}.",
        "Set AllowTcpForwarding yes in sshd's configuration on {jump}, or use another jump host.",
    ),
    "unreachable/loop": (
        "The jump hosts of {host} lead in a circle, or are more than {limit}.",
        "Correct ProxyJump in the ssh configuration.",
    ),
    "unreachable/config": (
        "The ssh configuration for {host} cannot be read.",
        "Correct the ssh configuration; `ssh -G {host}` shows the same message.",
    ),
    "reset": (
        "{host} closed the connection before the login: sshd drops connections when many arrive at once, "
        "or blocks this machine.",
        "Try again; if it persists look at MaxStartups, at fail2ban or hosts.deny on {host}.",
    ),
    "refused/no-ssh": (
        "What listens on {host} port {port} is not an SSH server.",
        "Give the port of sshd on {host}.",
    ),
    "auth": (
        "{host} refused the login of {user}.",
        "Try `ssh {user}@{host}` by hand, then give the key or password that works. " + _CHECK_KEYS_THERE,
    ),
    "auth/key": (
        "{host} does not accept {keys} for {user}.",
        "Give another key or a password. " + _CHECK_KEYS_THERE,
    ),
    "auth/password": (
        "{host} refused the password of {user}: it is wrong, or {user} may not log in there.",
        "Check user and password with `ssh {user}@{host}`; sshd's log on {host} names the reason.",
    ),
    "auth/not-offered": (
        "{host} takes no {method} from {user}, only {allowed}.",
        "Give {user} a login that {host} takes, or allow the method in sshd's configuration there.",
    ),
    "auth/nothing": (
        "There is nothing to log in to {host} with: no password is given, no agent answers, no key is found.",
        "Give a key or a password for {user}@{host}.",
    ),
    "auth/too-many": (
        "{host} ended the login of {user} after too many failed tries.",
        "Name the one key to use (ssh.key in the answers), so that fewer are tried.",
    ),
    "auth/ended": (
        "{host} ended the login of {user}: the account may be expired, locked or barred.",
        "Check the account on {host}: chage -l {user}, passwd -S {user}, and whether /etc/nologin exists.",
    ),
    "auth/more-asked": (
        "{host} asks {user} for more than a password.",
        "Use a login without a second factor, for example a key that sshd on {host} accepts alone.",
    ),
    "host-key-changed": (
        "The host key of {host} is not the known one: {host} was reinstalled, or something stands between.",
        "Compare the new fingerprint on the console of {host} (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub). "
        "Only if it is right, forget the old one: ssh-keygen -R '{lookup}' -f {file}",
    ),
    "host-key-revoked": (
        "The host key of {host} is marked as revoked.",
        "Do not log in. Give {host} new host keys (remove the old ones, then ssh-keygen -A) and try again.",
    ),
    "host-key-unknown": (
        "The host key of {host} is not known here.",
        "Compare the fingerprint with the console of {host}, then confirm it, "
        "or log in once with `ssh -p {port} {user}@{address}`.",
    ),
    "no-common-algorithm": (
        "{host} and this program have no {missing} in common: its sshd is very old, or restricted.",
        "Upgrade sshd on {host}, or allow a current one there (ed25519 or rsa-sha2-512 host keys, AES).",
    ),
    "key-unreadable/missing": (
        "The key {file} does not exist.",
        "Correct the path of the key, or leave it out to use the agent and the default keys.",
    ),
    "key-unreadable/denied": (
        "The key {file} cannot be read by this user.",
        "Give the user who runs this program access: chmod 600, and the right owner.",
    ),
    "key-locked/encrypted": (
        "The key {file} is encrypted and no passphrase was given.",
        "Give the passphrase, or load the key into an agent: ssh-add {file}",
    ),
    "key-locked/passphrase": (
        "The passphrase does not open the key {file}.",
        "Give the right passphrase; `ssh-keygen -y -f {file}` tries it.",
    ),
    "key-unreadable/public": (
        "{file} is a public key; a login needs the private one.",
        "Give the private key, usually the same path without .pub.",
    ),
    "key-unreadable/putty": (
        "{file} is a PuTTY key, which this program does not read.",
        "Convert a copy: puttygen {file} -O private-openssh -o NEWFILE",
    ),
    "key-unreadable/type": (
        "The key {file} is of a type that this program cannot use.",
        "Use an ed25519, ECDSA or RSA key, or load this one into an agent.",
    ),
    "key-unreadable/damaged": (
        "{file} is not a readable private key: it is damaged, or another kind of file.",
        "Check it with `ssh-keygen -y -f {file}`, or give another key.",
    ),
    "lost": (
        "The connection to {host} was lost.",
        "Check that {host} is up and reachable, then try again.",
    ),
    "cancelled": ("Stopped while working on {host}.", "Run again to go on."),
}
"""`kind` or `kind/variant` → what happened, and what to do next."""


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return key


def failed(host: str, what: str, *, evidence: str = "", **facts: object) -> ConnectionFailed:
    """The error for `kind` or `kind/variant`; `evidence` is cleaned of control characters and kept short."""
    return ConnectionFailed(host, what.partition("/")[0], *_words(host, what, evidence, facts))


def through(host: str, jump: str, wrong: ConnectionFailed) -> ConnectionFailed:
    """The same failure, told of the host that is reached through the one that failed."""
    cause = f"{host} is reached through {jump}, and that failed. {wrong.cause}"
    return ConnectionFailed(host, wrong.kind, cause, wrong.evidence, wrong.action)


def words(host: str, what: str, evidence: str = "", **facts: object) -> tuple[str, str, str]:
    """Cause, evidence and action, for an error of another class."""
    return _words(host, what, evidence, facts)


def _words(host: str, what: str, evidence: str, facts: dict[str, object]) -> tuple[str, str, str]:
    cause, action = SENTENCES[what]
    known = _Facts(facts, host=host)
    return cause.format_map(known), one_line(evidence, 500), action.format_map(known)
