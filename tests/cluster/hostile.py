"""A host that talks back: wherever it is asked something, its answer holds what a terminal or a screen might obey.

Knows the places of a Linux host whose text the wizard shows. It must not know how the wizard shows it.
"""

from __future__ import annotations

from tests.lab import Host, HostSettings

TITLE = "0WNED-TITLE"
OBEYED = (
    f"\x1b]2;{TITLE}\x07",
    "\x1b[13;37H",
    "\x1b[2J\x1b[3J",
    "\x1b[?1049l\x1b[?25l",
    "\x9b13;37H",
)
"""Escapes that nothing of ours writes: a title, a place, a clear screen, the end of the alternate screen, in 7 and 8 bits."""

MARKUP = "[red]0WNED[/] [@click=app.quit]quit[/] [/nothing] [bold"
SAID = f"{''.join(OBEYED)}{MARKUP} {'long ' * 300}\u202egnp\r\n"
"""What the host says."""

_BYTES = r"\377\376\300\200 \303\050"
"""Not UTF-8, as printf writes it."""


def hostile_settings(name: str) -> HostSettings:
    """Greets with a banner and a message of the day."""
    files = (("/etc/banner", SAID), ("/etc/motd", SAID))
    return HostSettings(name, files=files, sshd_config=("Banner /etc/banner", "PrintMotd yes"))


def make_hostile(host: Host, user: str = "flink") -> None:
    """Every answer of this host says it too: its name, its system, a Java, the comment of a key, a shell that chats."""
    line = SAID.strip().replace("\r", "").replace("\n", "")
    host.write("/srv/said", line)
    for path, script in {
        "/usr/bin/hostname": f'cat /srv/said; printf "{_BYTES}\\n"',
        "/opt/java-0/bin/java": f'{{ cat /srv/said; printf "{_BYTES}\\n"; }} >&2',
    }.items():
        host.write(path, f"#!/bin/sh\n{script}\n", mode=0o755)
    system = host.read("/etc/os-release")
    kept = "".join(f"{one}\n" for one in system.splitlines() if not one.startswith("PRETTY_NAME"))
    host.write("/etc/os-release", f'{kept}PRETTY_NAME="Debian {line}"\n')
    host.exec(f"printf '# {_BYTES}\\n' >>/etc/os-release")
    host.write("/opt/java-0/release", f'JAVA_VERSION="17.0.1 {line}"\nIMPLEMENTOR="{line}"\n')
    host.exec("mkdir -p /usr/lib/jvm && ln -s /opt/java-0 '/usr/lib/jvm/[red]java'")
    key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5CMDpT0d3YpaPlantedPlantedPlantedPlantedPla {line}"
    host.write(f"/home/{user}/.ssh/authorized_keys", f"{key}\n", owner=user, mode=0o600)
    profile = host.read(f"/home/{user}/.bashrc")
    host.write(f"/home/{user}/.bashrc", f'cat /srv/said; printf "{_BYTES}\\n" >&2\n{profile}', owner=user)


def break_tar(host: Host) -> None:
    """Archives cannot be unpacked here, and the error says it too; until `mend_tar`."""
    host.exec("touch /srv/tar-broken && mv /usr/bin/tar /usr/bin/tar.real")
    script = 'if [ -e /srv/tar-broken ]; then cat /srv/said >&2; exit 2; fi; exec /usr/bin/tar.real "$@"'
    host.write("/usr/bin/tar", f"#!/bin/sh\n{script}\n", mode=0o755)


def mend_tar(host: Host) -> None:
    host.exec("rm -f /srv/tar-broken")
