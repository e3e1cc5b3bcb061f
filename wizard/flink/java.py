"""Which Java runs which Flink line, with which JVM flags, and what a Java says its version is.

Judges versions and parses texts. It must not look for a Java on any host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from wizard.flink.catalogue import module_flag_list
from wizard.flink.line import Line

Judgement = Literal["supported", "deprecated", "experimental", "unsupported", "broken"]

# From here on classes of the JDK are closed to reflection, and old lines need module flags.
CLOSED_FROM = 16


@dataclass(frozen=True, slots=True)
class JavaVerdict:
    """Whether a Java major runs a line. `waivable`: an operator may insist on it."""

    judgement: Judgement
    sentence: str
    waivable: bool

    @property
    def fine(self) -> bool:
        """Whether nothing has to be waived."""
        return self.judgement in ("supported", "deprecated", "experimental")


@dataclass(frozen=True, slots=True)
class ModuleFlags:
    """Flags that a line needs on a Java it was not made for. All empty when none are needed.

    `cluster` goes into the key `cluster_key`; `client` into JVM_ARGS of the shell that calls bin/flink, and
    into `client_key` where the line has one. `tried`: this pair of line and Java has been run.
    """

    cluster: tuple[str, ...]
    cluster_key: str
    client: tuple[str, ...]
    client_key: str | None
    tried: bool

    def __bool__(self) -> bool:
        return bool(self.cluster)


@dataclass(frozen=True, slots=True)
class JavaVersion:
    """What a Java says of itself. `vendor` is "" when it does not say."""

    major: int
    text: str
    vendor: str = ""


def java_verdict(line: Line, major: int) -> JavaVerdict:
    """Whether Java `major` runs Flink `line` (stated by the project; 24+ tried with 25 and Flink 2.3.0)."""
    java = line.java
    known = _listed(sorted({*java.supported, *java.deprecated, *java.experimental}))
    flink, runs = f"Flink {line.name}", f"Flink {line.name} runs on Java {major}"
    if major < java.oldest:
        why = f"its classes need Java {java.oldest} or newer (it runs on {known})"
        return JavaVerdict("broken", f"{flink} does not start on Java {major}: {why}", False)
    if java.broken_from is not None and major >= java.broken_from:
        why = f"its scripts set a security manager, which Java 24 removed (it runs on {known})"
        return JavaVerdict("broken", f"{flink} does not start on Java {major}: {why}", False)
    if major in java.deprecated:
        sentence = f"{runs}, but the project discourages it; Java {java.recommended} is better"
        return JavaVerdict("deprecated", sentence, True)
    if major in java.supported:
        return JavaVerdict("supported", runs, True)
    if major in java.experimental:
        sentence = f"{runs} as an experiment of the project; Java {java.recommended} is the safe choice"
        return JavaVerdict("experimental", sentence, True)
    flags = module_flags(line, major)
    if not flags:
        ending = "; it may work, nobody states it"
    elif flags.tried:
        ending = "; with module flags it was seen to work"
    else:
        ending = "; with module flags it may work, untried"
    return JavaVerdict("unsupported", f"{flink} is made for Java {known}, not for {major}{ending}", True)


def module_flags(line: Line, major: int) -> ModuleFlags:
    """The module flags to write for Java `major`: none where the line ships its own or Java needs none.

    Never write them for Java 8 on a line up to 1.17: that JVM dies of them.
    """
    java = line.java
    if major < CLOSED_FROM or java.flags_shipped is not None:
        return ModuleFlags((), java.opts_key, (), java.client_opts_key, True)
    return ModuleFlags(
        cluster=module_flag_list(java.flags_to_add),
        cluster_key=java.opts_key,
        client=module_flag_list(java.client_flags),
        client_key=java.client_opts_key,
        tried=major in java.flags_tried and line.started_here is not None,
    )


def parse_java_version(text: str) -> JavaVersion | None:
    """What `java -version` printed (standard error and output together), None when no Java answered.

    Lines such as "Picked up JAVA_TOOL_OPTIONS: ..." before it are passed over.
    """
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if line.startswith("Picked up "):
            continue
        match = re.search(r'\bversion "([^"]+)"', line) or re.match(
            r"(?:openjdk|java) (\d[\w.+-]*) ", line + " "
        )
        if match:
            major = java_major(match.group(1))
            if major is not None:
                return JavaVersion(major, match.group(1), _vendor("\n".join(lines[index:])))
    return None


def parse_java_release(text: str) -> JavaVersion | None:
    """What the file `release` in a Java home says, None when it names no version."""
    fields = dict(re.findall(r'^([A-Z_]+)="?([^"\r\n]*)"?\s*$', text, re.MULTILINE))
    version = fields.get("JAVA_VERSION", "")
    major = java_major(version)
    if major is None:
        return None
    return JavaVersion(major, version, fields.get("IMPLEMENTOR", ""))


def java_major(version: str) -> int | None:
    """The major of a version string: 8 for "1.8.0_282", 17 for "17.0.15", None: it is none."""
    match = re.match(r"1\.(\d+)|(\d+)", version.strip())
    if match is None:
        return None
    return int(match.group(1) or match.group(2))


_VENDORS = (
    ("Corretto", "Amazon Corretto"), ("Zulu", "Azul Zulu"), ("Semeru", "IBM Semeru"), ("IBM J9", "IBM"),
    ("Temurin", "Eclipse Temurin"), ("GraalVM", "GraalVM"), ("Microsoft", "Microsoft"), ("SapMachine", "SAP"),
    ("Debian", "Debian"), ("Ubuntu", "Ubuntu"), ("Red_Hat", "Red Hat"), ("AdoptOpenJDK", "AdoptOpenJDK"),
    ("Java(TM) SE", "Oracle"), ("OpenJDK", "OpenJDK"),
)  # fmt: skip


def _vendor(text: str) -> str:
    small = text.lower()
    return next((vendor for word, vendor in _VENDORS if word.lower() in small), "")


def _listed(majors: list[int]) -> str:
    words = [str(major) for major in majors]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
