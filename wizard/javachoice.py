"""Which Java of a host Flink shall run on: a pure choice from what was found there and what the line accepts.

Knows majors, homes and preferences. It must not know how a Java is found, installed or configured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from .facts import HostFacts, JavaFacts

JavaVerdict = Literal[
    "recommended", "supported", "deprecated", "experimental", "unsupported", "too-old", "broken"
]

_ACCEPTED: tuple[JavaVerdict, ...] = ("recommended", "supported", "deprecated", "experimental")


class JavaRange(Protocol):
    """The Java majors of one Flink line, as the catalogue states them."""

    @property
    def supported(self) -> tuple[int, ...]: ...
    @property
    def deprecated(self) -> tuple[int, ...]: ...
    @property
    def experimental(self) -> tuple[int, ...]: ...
    @property
    def recommended(self) -> int: ...
    @property
    def broken_from(self) -> int | None: ...
    @property
    def oldest(self) -> int: ...


@dataclass(frozen=True, slots=True)
class JavaChoice:
    """One Java home with what the Flink line says of it. `major` is None when a named home could not be
    read.
    """

    home: str
    major: int | None
    verdict: JavaVerdict

    @property
    def accepted(self) -> bool:
        return self.verdict in _ACCEPTED


@dataclass(frozen=True, slots=True)
class JavaWish:
    """What the answers ask of Java on one host: `home` is "auto" or a path; majors come from the Flink
    line.
    """

    home: str
    recommended: int
    supported: tuple[int, ...]
    deprecated: tuple[int, ...] = ()
    experimental: tuple[int, ...] = ()
    oldest: int = 0
    broken_from: int | None = None
    allow_unsupported: bool = False

    @classmethod
    def of(cls, majors: JavaRange, home: str = "auto", allow_unsupported: bool = False) -> JavaWish:
        return cls(
            home,
            majors.recommended,
            majors.supported,
            majors.deprecated,
            majors.experimental,
            majors.oldest,
            majors.broken_from,
            allow_unsupported,
        )

    @property
    def install_order(self) -> tuple[int, ...]:
        """Majors worth installing, the best first."""
        newest = sorted((m for m in self.supported if m not in self.deprecated), reverse=True)
        return tuple(dict.fromkeys((self.recommended, *newest, *sorted(self.deprecated, reverse=True))))

    def verdict(self, major: int) -> JavaVerdict:
        """What the line says of this major. A major at or above `broken_from` dies before its first log
        line.
        """
        if self.broken_from is not None and major >= self.broken_from:
            return "broken"
        if major == self.recommended:
            return "recommended"
        if major in self.deprecated:
            return "deprecated"
        if major in self.supported:
            return "supported"
        if major in self.experimental:
            return "experimental"
        return "too-old" if major < max(self.oldest, min(self.supported, default=0)) else "unsupported"

    def choose(self, host: HostFacts) -> JavaChoice | None:
        """The Java to use on this host, None when there is none that may be used."""
        return choose_java(host, self)


def choose_java(host: HostFacts, wish: JavaWish) -> JavaChoice | None:
    """The best Java of the host: a named home as named, else the one already in use among equals.

    Supported majors come before deprecated, experimental and, with the waiver, the nearest unsupported one.
    A named home is taken when it is there and its major may be used; None else.
    """
    if wish.home != "auto":
        major = named_major(host, wish.home)
        if major is None:
            return None
        named = JavaChoice(wish.home, major, wish.verdict(major))
        return named if _may_use(named, wish) else None
    in_use = java_in_use(host)
    rated = [
        (_rank(java, wish, in_use), JavaChoice(java.home, java.major, wish.verdict(java.major)))
        for java in host.javas or ()
    ]
    usable = [(rank, choice) for rank, choice in rated if _may_use(choice, wish)]
    return min(usable, key=lambda pair: pair[0])[1] if usable else None


def named_major(host: HostFacts, home: str) -> int | None:
    """The major of a home as somebody named it, which may be a link to the one that was found."""
    asked = host.commands.get(home_question(home))
    real = asked.stdout.strip() if asked is not None and asked.status == 0 else home
    for name in (home, real, real.removesuffix("/jre")):
        if (major := host.java_major(name)) is not None:
            return major
    return None


def home_question(home: str) -> str:
    """The name of the command whose output is the real path of a named Java home."""
    return f"real path of {home}"


def java_in_use(host: HostFacts) -> str:
    """The Java home that a login shell uses today, "" when it uses none."""
    seen = host.java_login or host.java_command
    if seen is None:
        return ""
    if seen.home:
        return seen.home.rstrip("/")
    return seen.java.removesuffix("/bin/java").removesuffix("/jre")


def _may_use(choice: JavaChoice, wish: JavaWish) -> bool:
    return choice.accepted or (wish.allow_unsupported and choice.verdict == "unsupported")


def _rank(java: JavaFacts, wish: JavaWish, in_use: str) -> tuple[int, bool, bool, int, str]:
    verdict = wish.verdict(java.major)
    order = ("recommended", "deprecated", "experimental", "unsupported", "too-old", "broken")
    group = order.index("recommended" if verdict == "supported" else verdict)
    # Of the unsupported ones the oldest: each newer Java closes more of its modules.
    age = java.major if verdict == "unsupported" else -java.major
    return (group, java.home.rstrip("/") != in_use, verdict != "recommended", age, java.home)
