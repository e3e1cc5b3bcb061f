"""JAVA_HOME in ~/.ssh/environment, and sshd told to read that file.

Knows the file and sshd's configuration. sshd is reloaded only after it has checked the new configuration,
and open sessions stay open; it must not know which Java is best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..commands import Command, Upload, shell
from ..facts import ClusterFacts
from ..javachoice import JavaWish, choose_java
from ..needs import Account, Need, Paths
from .java import java_needs
from .operation import CannotOperate, Operation
from .places import absolute, path_at, text_at, with_file
from .profile import java_seen

ENVIRONMENT_FILE = "~/.ssh/environment"
RECORD = "/etc/ssh/flink-wizard.changes"
"""What the wizard changed of sshd's: readable where sshd's own configuration is root's secret (Red Hat)."""

_PERMIT = """\
set -e
main=/etc/ssh/sshd_config
line='PermitUserEnvironment yes'
drop=/etc/ssh/sshd_config.d/00-flink-wizard.conf
if grep -qiE '^[[:space:]]*Include[[:space:]]+(/etc/ssh/)?sshd_config\\.d/\\*\\.conf' "$main"; then
  mkdir -p /etc/ssh/sshd_config.d
  printf '%s\\n' "$line" > "$drop"
  undo() { rm -f "$drop"; }
else
  [ -e "$main.before-flink-wizard" ] || cp -p "$main" "$main.before-flink-wizard"
  cp -p "$main" "$main.flink-wizard-new"
  { printf '%s\\n' "$line"; cat "$main"; } > "$main.flink-wizard-new"
  cp -p "$main" "$main.flink-wizard-old"
  mv "$main.flink-wizard-new" "$main"
  undo() { mv "$main.flink-wizard-old" "$main"; }
fi
sshd=$(command -v sshd || echo /usr/sbin/sshd)
if ! "$sshd" -t; then undo; echo "sshd would not start with '$line'; taken back" >&2; exit 1; fi
rm -f "$main.flink-wizard-old"
( umask 022; printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$line" >> /etc/ssh/flink-wizard.changes )
systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null ||
  service ssh reload 2>/dev/null || service sshd reload 2>/dev/null ||
  kill -HUP "$(cat /run/sshd.pid 2>/dev/null || cat /var/run/sshd.pid)\""""


@dataclass(frozen=True)
class SetJavaHomeInSshEnvironment(Operation):
    """JAVA_HOME in ~/.ssh/environment, and sshd told to read it: for every login by ssh, whatever the
    shell.
    """

    wish: JavaWish

    @property
    def id(self) -> str:
        return "set-java-home-ssh"

    @property
    def title(self) -> str:
        return f"Set JAVA_HOME in {ENVIRONMENT_FILE}"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return {self.host: (Account(), *java_needs(self.wish), Paths((RECORD,), (ENVIRONMENT_FILE,)))}

    def satisfied(self, facts: ClusterFacts) -> bool:
        value = self._value(facts)
        seen = facts[self.host].java_command
        if value is None or not self._written(facts, value):
            return False
        return self._permitted(facts) or (seen is not None and seen.home.rstrip("/") == value.rstrip("/"))

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        host, value = facts[self.host], self._value(facts)
        if value is None:
            raise CannotOperate(
                f"No Java that this Flink accepts is on {self.host}.", "", "Install one, then run again."
            )
        wanted: list[Command] = []
        if not self._written(facts, value):
            before = text_at(host, ENVIRONMENT_FILE)
            path = absolute(ENVIRONMENT_FILE, host)
            wanted.append(shell('umask 077; mkdir -p -- "$1"', path.rpartition("/")[0]))
            wanted.append(Upload(path, _with_line(before or "", value), 0o600, before, why="set JAVA_HOME"))
        if not self._permitted(facts):
            if host.sudo in (None, "none"):
                raise CannotOperate(
                    f"sshd on {self.host} does not read {ENVIRONMENT_FILE}, and {host.user} may not use sudo.",
                    "PermitUserEnvironment is no, or cannot be read",
                    f"As root on {self.host}: PermitUserEnvironment yes at the top of "
                    f"/etc/ssh/sshd_config, sshd -t, "
                    "reload sshd. Or set java.set_in to flink-config in the answers.",
                )
            wanted.append(shell(_PERMIT, why="have sshd read it; checked before it is reloaded", sudo=True))
        return tuple(wanted)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        host, value = facts[self.host], self._value(facts) or ""
        text = _with_line(text_at(host, ENVIRONMENT_FILE) or "", value)
        if host.ssh is not None:
            facts = facts.changed(self.host, ssh=replace(host.ssh, permit_user_environment=True))
        return java_seen(
            with_file(facts, self.host, ENVIRONMENT_FILE, text, 0o600), self.host, value, login=False
        )

    def _value(self, facts: ClusterFacts) -> str | None:
        choice = choose_java(facts[self.host], self.wish)
        return choice.home if choice is not None else None

    def _permitted(self, facts: ClusterFacts) -> bool:
        host = facts[self.host]
        permitted = host.ssh.permit_user_environment if host.ssh is not None else None
        record = path_at(host, RECORD)
        return permitted is True or (permitted is None and record is not None and record.exists)

    def _written(self, facts: ClusterFacts, value: str) -> bool:
        found = path_at(facts[self.host], ENVIRONMENT_FILE)
        return found is not None and found.text is not None and found.text == _with_line(found.text, value)


def _with_line(text: str, value: str) -> str:
    """The environment file with this JAVA_HOME: in the place of the old line, else at the end."""
    kept = text.splitlines(keepends=True)
    line = f"JAVA_HOME={value}\n"
    places = [number for number, old in enumerate(kept) if old.startswith("JAVA_HOME=")]
    if places:
        kept[places[0]] = line
        return "".join(old for number, old in enumerate(kept) if number not in places[1:])
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return "".join((*kept, line))
