"""Logging in: which keys and passwords are tried, in which order, and why none of them was taken.

Knows key files, the agent and the server's methods. It must not know how the connection came about, and shows
no message of the library: causes are worded in `errors`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from wizard.connection import ConnectionFailed
from wizard.secrets import Secret
from wizard.ssh.config import Route
from wizard.ssh.errors import failed
from wizard.ssh.hostkeys import ALGORITHMS
from wizard.ssh.target import Login
from wizard.ssh.transport import QuietTransport

MOST_KEYS = 4
"""Keys tried on one connection: sshd hangs up after 6 failures (MaxAuthTries), and a password may follow."""

_PASSWORD = "the password"


def load_key(host: str, path: Path, passphrase: Secret | None) -> paramiko.PKey:
    """The private key in a file: OpenSSH, PEM and PKCS#8 formats, and its certificate if one lies beside it.

    Raises:
        ConnectionFailed: kind "key-unreadable", with what is wrong with the file; "key-locked" where only the
            passphrase is missing or wrong.
    """

    def bad(variant: str, evidence: object = "") -> ConnectionFailed:
        kind = "key-locked" if variant in {"encrypted", "passphrase"} else "key-unreadable"
        return failed(host, f"{kind}/{variant}", file=path, evidence=str(evidence))

    try:
        content = path.read_bytes()
    except FileNotFoundError as wrong:
        raise bad("missing") from wrong
    except OSError as wrong:
        raise bad("denied", wrong) from wrong
    first = content.lstrip()[:200]
    if first.startswith(b"PuTTY-User-Key-File"):
        raise bad("putty")
    if first.startswith((b"ssh-", b"ecdsa-", b"sk-", b"---- BEGIN SSH2 PUBLIC")):
        raise bad("public")
    if b"PRIVATE KEY-----" not in content:
        raise bad("damaged", "no PRIVATE KEY line in it")
    # Carriage returns and a missing last newline come from Windows editors.
    pem = content.replace(b"\r\n", b"\n").strip() + b"\n"
    try:
        loaded = _open(pem, None)
    except TypeError as locked:
        if not passphrase:
            raise bad("encrypted") from locked
        try:
            loaded = _open(pem, passphrase.reveal().encode())
        except (ValueError, InvalidTag, TypeError) as wrong:
            raise bad("passphrase") from wrong
    except UnsupportedAlgorithm as wrong:
        raise bad("type", wrong) from wrong
    except ValueError as wrong:
        raise bad("damaged", wrong) from wrong
    if not isinstance(loaded, (ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise bad("type", type(loaded).__name__)
    text = loaded.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()
    key = _class_of(loaded).from_private_key(io.StringIO(text))
    certificate = path.with_name(path.name + "-cert.pub")
    if certificate.is_file():
        key.load_certificate(str(certificate))
    return key


def _class_of(key: object) -> type[paramiko.PKey]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return paramiko.Ed25519Key
    return paramiko.RSAKey if isinstance(key, rsa.RSAPrivateKey) else paramiko.ECDSAKey


def _open(pem: bytes, password: bytes | None) -> object:
    if b"BEGIN OPENSSH PRIVATE KEY" in pem:
        return serialization.load_ssh_private_key(pem, password)
    return serialization.load_pem_private_key(pem, password)


@dataclass(slots=True)
class _Attempt:
    """One way in: the server's name of the method, our name of it, and the call that tries it."""

    method: str
    title: str
    try_it: Callable[[], list[str]]


@dataclass(slots=True)
class _Course:
    """What has happened during one login."""

    allowed: list[str] | None = None
    refused: list[_Attempt] = field(default_factory=list["_Attempt"])
    asked: list[str] = field(default_factory=list[str])
    unusable: ConnectionFailed | None = None


def authenticate(transport: QuietTransport, route: Route, login: Login) -> None:
    """Log in, or say why not. With a given key only this key is tried, then the password if there is one.

    Raises:
        ConnectionFailed: auth, key-unreadable, key-locked, timeout or lost.
    """
    course = _Course()
    waiting = list(_attempts(transport, route, login, course))
    if not waiting:
        raise course.unusable or failed(route.name, "auth/nothing", user=route.user)
    at = 0
    while at < len(waiting):
        attempt = waiting[at]
        if course.allowed is not None and attempt.method not in course.allowed:
            at += 1
            continue
        if attempt.title == _PASSWORD and any(other.title == _PASSWORD for other in course.refused):
            at += 1  # The same wrong password a second time would only lock the account sooner.
            continue
        try:
            rest = attempt.try_it()
        except paramiko.BadAuthenticationType as wrong:
            course.allowed = list(wrong.allowed_types)
            at += 1
        except paramiko.AuthenticationException as wrong:
            if not transport.is_active():
                raise _ended(transport, route, course, wrong) from wrong
            if "timeout" in str(wrong).lower():
                raise failed(
                    route.name, "timeout/auth", user=route.user, seconds=transport.auth_timeout
                ) from wrong
            course.refused.append(attempt)
            at += 1
        except (paramiko.SSHException, EOFError, OSError) as wrong:
            raise _ended(transport, route, course, wrong) from wrong
        else:
            if not rest:
                return
            # Accepted, and the server wants one more method: go on with what was not used yet.
            course.allowed = list(rest)
            waiting = [other for other in waiting if other is not attempt and other not in course.refused]
            at = 0
    raise _refusal(transport, route, waiting, course)


def _attempts(transport: QuietTransport, route: Route, login: Login, course: _Course) -> Iterator[_Attempt]:
    password = login.password
    with_password = list(_password_attempts(transport, route, password, course)) if password else []
    if route.key is not None:
        yield _key_attempt(
            transport, route, load_key(route.name, route.key, login.passphrase), str(route.key)
        )
        yield from with_password
        return
    yield from with_password
    most = MOST_KEYS - 1 if with_password else MOST_KEYS
    for key, title in list(_keys(route, login, course))[:most]:
        yield _key_attempt(transport, route, key, title)


def _keys(route: Route, login: Login, course: _Course) -> Iterator[tuple[paramiko.PKey, str]]:
    seen: set[bytes] = set()
    if login.use_agent and route.agent and not route.identities_only and os.environ.get("SSH_AUTH_SOCK"):
        for key in _agent_keys():
            seen.add(key.asbytes())
            yield key, f"{key.comment or key.get_name()} (agent)"
    if not login.use_default_keys:
        return
    for path in route.identity_files:
        try:
            key = load_key(route.name, path, login.passphrase)
        except ConnectionFailed as unreadable:
            # Nobody asked for this key by name: another one may do, and it is told if none does.
            course.unusable = course.unusable or unreadable
            continue
        if key.asbytes() not in seen:
            yield key, str(path)


def _agent_keys() -> list[paramiko.AgentKey]:
    try:
        keys = paramiko.Agent().get_keys()
    except (paramiko.SSHException, OSError):
        return []
    return [key for key in keys if key.get_name() in ALGORITHMS]


def _key_attempt(transport: QuietTransport, route: Route, key: paramiko.PKey, title: str) -> _Attempt:
    return _Attempt("publickey", title, lambda: transport.auth_publickey(route.user, key))


def _password_attempts(
    transport: QuietTransport, route: Route, password: Secret, course: _Course
) -> Iterator[_Attempt]:
    answered: list[str] = []

    def answer(_title: str, _instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        hidden = [prompt for prompt, echo in prompts if not echo]
        if len(prompts) == 1 and len(hidden) == 1 and not answered:
            answered.append(hidden[0])
            return [password.reveal()]
        course.asked.extend(prompt for prompt, _ in prompts if prompt not in answered)
        return ["" for _ in prompts]

    yield _Attempt(
        "password", _PASSWORD, lambda: transport.auth_password(route.user, password.reveal(), fallback=False)
    )
    yield _Attempt("keyboard-interactive", _PASSWORD, lambda: transport.auth_interactive(route.user, answer))


def _ended(
    transport: QuietTransport, route: Route, course: _Course, wrong: BaseException
) -> ConnectionFailed:
    said = transport.farewell or _banner(transport)
    if "too many" in said.lower():
        return failed(route.name, "auth/too-many", user=route.user, evidence=said)
    if isinstance(wrong, ConnectionResetError):
        return failed(route.name, "reset", user=route.user, evidence=str(wrong))
    if course.refused and not said:
        # sshd may hang up instead of refusing once more.
        return failed(route.name, "auth/too-many", user=route.user, evidence=_tried(course))
    return failed(
        route.name, "auth/ended", user=route.user, evidence=said or "the server closed the connection"
    )


def _refusal(
    transport: QuietTransport, route: Route, waiting: list[_Attempt], course: _Course
) -> ConnectionFailed:
    allowed = course.allowed
    evidence = "; ".join(
        part
        for part in (
            f"{route.name} offers: {', '.join(allowed)}" if allowed else "",
            _tried(course),
            _banner(transport),
            course.unusable.cause if course.unusable else "",
        )
        if part
    )
    facts: dict[str, object] = {"user": route.user, "evidence": evidence}
    if course.asked:
        asked = "; ".join(dict.fromkeys(prompt.strip() for prompt in course.asked))
        facts["evidence"] = f"it asked: {asked}; {evidence}"
        return failed(route.name, "auth/more-asked", **facts)  # pyright: ignore[reportArgumentType]
    methods = {attempt.method for attempt in course.refused}
    if not methods and allowed:
        method = "key" if waiting[0].method == "publickey" else "password"
        return failed(route.name, "auth/not-offered", method=method, allowed=", ".join(allowed), **facts)  # pyright: ignore[reportArgumentType]
    if methods == {"publickey"}:
        keys = ", ".join(["the key " + attempt.title for attempt in course.refused])
        return failed(route.name, "auth/key", keys=keys, **facts)  # pyright: ignore[reportArgumentType]
    if methods and "publickey" not in methods:
        return failed(route.name, "auth/password", **facts)  # pyright: ignore[reportArgumentType]
    return failed(route.name, "auth", **facts)  # pyright: ignore[reportArgumentType]


def _tried(course: _Course) -> str:
    titles = list(dict.fromkeys(attempt.title for attempt in course.refused))
    return f"tried: {', '.join(titles)}" if titles else ""


def _banner(transport: QuietTransport) -> str:
    banner = transport.get_banner()
    return banner.decode("utf-8", "replace").strip() if banner else ""
