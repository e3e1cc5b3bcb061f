"""Java homes of a host, and the Java that its two kinds of shell see.

Knows the usual places and the `release` file in a Java home. A JVM is started only where there is none, and
then with -XX:-UsePerfData, so that it leaves nothing in /tmp. It must not know which Java Flink accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.facts import JavaFacts, JavaSeen
from wizard.flink.java import JavaVersion, parse_java_release, parse_java_version
from wizard.needs import Javas
from wizard.probes.script import Reading, Section, askable, path_word

_SCRIPT = r"""
seen=:
followed() { readlink -f "$1" 2>/dev/null || printf '%s' "$1"; }
resolved() {
  r=$(PATH=$path; command -v java) || return 0
  case $r in /*) ;; *) return 0;; esac
  followed "$r"
}
one() {
  if [ ! -x "$1/bin/java" ] || [ -d "$1/bin/java" ]; then return 0; fi
  d=$(real "$1") || return 0
  case $d in */jre) if [ -x "${d%/jre}/bin/java" ]; then d=${d%/jre}; fi;; esac
  case $seen in *:"$d":*) return 0;; esac
  seen=$seen$d:
  if [ -x "$d/bin/javac" ]; then jdk=jdk; else jdk=jre; fi
  h java "$jdk" "$d"
  for f in "$d/release" "$d/jre/release"; do
    if [ -r "$f" ]; then
      h release
      while read -r line; do
        case $line in JAVA_VERSION=*|IMPLEMENTOR=*) printf '%s\n' "$line";; esac
      done <"$f"
      return 0
    fi
  done
  h asked; limit 10 "$d/bin/java" -XX:-UsePerfData -XshowSettings:properties -version 2>&1
}
also() { if [ -x "$1/bin/java" ]; then h also "$1"; real "$1"; fi; }
cut_home() { case $1 in */bin/java) printf '%s' "${1%/bin/java}";; esac; }
h command-home "$JAVA_HOME"
java=$(resolved)
h command-java "$java"
if has bash; then
  h login
  PATH=$path limit 20 bash -l -c '
    printf "\nfw-login\n"
    for n in "${!FLINK_@}" "${!HADOOP_@}" "${!PDSH_@}" "${!JAVA_@}" "${!JVM_ARGS@}"; do
      v=${!n}; printf "%s=%s\n" "$n" "${v//[[:cntrl:]]/ }"
    done
    j=$(type -P java) && printf "fw-java %s\n" "$j"
    printf "fw-over\n"
  ' 2>/dev/null | {
    on= loginhome= loginjava=
    while IFS= read -r line; do
      if [ "$line" = fw-login ]; then on=1; continue; fi
      if [ -z "$on" ]; then continue; fi
      case $line in
        fw-over) h login-sane; break;;
        'fw-java '*) loginjava=${line#fw-java };;
        JAVA_HOME=*) loginhome=${line#JAVA_HOME=}; printf '%s\n' "$line";;
        *) printf '%s\n' "$line";;
      esac
    done
    if [ -n "$loginjava" ]; then loginjava=$(followed "$loginjava"); fi
    h login-java "$loginjava"
    if [ -n "$loginhome" ]; then one "$loginhome"; also "$loginhome"; fi
    if [ -n "$loginjava" ]; then one "$(cut_home "$loginjava")"; fi
  }
fi
if [ -n "$JAVA_HOME" ]; then one "$JAVA_HOME"; also "$JAVA_HOME"; fi
@ALSO@
if [ -n "$java" ]; then one "$(cut_home "$java")"; fi
for d in @GIVEN@ /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /usr/local/openjdk-* \
  /opt/*j[dr][ke]* /opt/java/* /opt/*[Jj]ava* /opt/temurin* /opt/zulu* /opt/corretto* /opt/graalvm* \
  /usr/local/*j[dr][ke]* \
  /Library/Java/JavaVirtualMachines/*/Contents/Home \
  /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
  "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/flink-wizard/java/*
do one "$d"; done
"""


def sections(needs: Sequence[Javas]) -> tuple[Section, ...]:
    given = " ".join(path_word(home) for home in askable(home for need in needs for home in need.homes))
    also = f'for d in {given}; do also "$d"; done' if given else ""
    text = re.sub("@[A-Z]+@", lambda match: {"@GIVEN@": given, "@ALSO@": also}[match[0]], _SCRIPT)
    return (Section("the Java homes", text, read, 45),)


def read(reading: Reading) -> Mapping[str, Any]:
    """HostFacts' fields about Java. Homes are real paths, each once; one that was named keeps that name too."""
    found: dict[str, JavaFacts] = {}
    blocks = reading.blocks
    for index, block in enumerate(blocks):
        if block.key != "java":
            continue
        kind, _, home = block.rest.partition(" ")
        answer = blocks[index + 1] if index + 1 < len(blocks) else None
        if answer is None:
            continue
        if answer.key == "release":
            version = parse_java_release(answer.body)
        else:
            asked = read_settings(answer.body)
            version = asked[0] if asked else None
            home = asked[1] or home if asked else home
        if version is not None:
            found.setdefault(
                home, JavaFacts(home, version.text, version.major, version.vendor, kind == "jdk")
            )
    for block in reading.all("also"):
        real, name = block.body.strip(), block.rest.rstrip("/")
        java = found.get(real) or found.get(real.removesuffix("/jre"))
        if java and name != java.home:
            found.setdefault(name, replace(java, home=name))
    fields: dict[str, Any] = {
        "javas": tuple(found[home] for home in sorted(found)),
        "java_command": JavaSeen(reading.rest("command-home"), reading.rest("command-java")),
    }
    if reading.has("login"):
        lines = (line.partition("=") for line in reading.body("login").splitlines())
        environment = {name: value for name, sign, value in lines if sign}
        sane = reading.has("login-sane")
        fields["login_shell_sane"] = sane
        if sane:
            fields["login_environment"] = environment
            fields["java_login"] = JavaSeen(environment.get("JAVA_HOME", ""), reading.rest("login-java"))
    return fields


def read_settings(text: str) -> tuple[JavaVersion, str] | None:
    """Version and java.home ("" when not told) as `java -XshowSettings:properties -version` prints them."""
    version = parse_java_version(text)
    if version is None:
        return None
    properties = dict(re.findall(r"^\s+(java\.\w+) = (.*?)\s*$", text, re.M))
    version = replace(version, vendor=properties.get("java.vendor", version.vendor))
    return version, properties.get("java.home", "").removesuffix("/jre")
