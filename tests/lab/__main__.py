"""`python -m tests.lab`: start, enter, list and end labs from a shell.

A thin front of the library; a lab that it starts stays up until `down`.
"""

import argparse
import os
import sys

from tests.lab import state
from tests.lab.lab import Lab
from tests.lab.settings import PASSWORD, HostSettings, LabError, repository_binds


def per_host(text: str | None, number: int, kind: type[int] | type[float]) -> int | float | None:
    """One host's value of "8192" (all) or "8192,32768" (the last for the rest); "-" is the machine's."""
    if text is None:
        return None
    words = text.split(",")
    word = words[min(number, len(words) - 1)]
    return None if word == "-" else kind(word)


def up(options: argparse.Namespace) -> int:
    binds = tuple(_bind(text) for text in options.bind) + (repository_binds() if options.repository else ())
    settings = [
        HostSettings(
            name=f"{options.prefix}{number}",
            memory_mib=_int(per_host(options.memory, number, int)),
            cores=_int(per_host(options.cores, number, int)),
            java=None if str(number) in options.no_java.split(",") or options.no_java == "all" else "outer",
            link_mbit=per_host(options.link_mbit, number, float),
            password=options.password,
            sudo=options.sudo,
            ssh_port=options.port,
            users=tuple(options.user.split(",")),
            binds=binds,
        )
        for number in range(options.hosts)
    ]
    lab = Lab.up(settings, stays=True)
    print(f"lab {lab.id} is up; gateway {lab.gateway}; user {options.user}, password {options.password}")
    show(lab)
    return 0


def _int(value: int | float | None) -> int | None:
    return None if value is None else int(value)


def _bind(text: str) -> tuple[str, str, bool]:
    source, target, *mode = text.split(":")
    return source, target, mode == ["ro"]


def show(lab: Lab) -> None:
    for host in lab.hosts:
        print(
            f"  {host.name:<10} {host.address}  {ssh_line(host.address, host.port, host.settings.users[0])}"
        )


def ssh_line(address: str, port: int, user: str) -> str:
    return f"ssh -p {port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no {user}@{address}"


def chosen(options: argparse.Namespace) -> Lab:
    """The lab named by --lab, else the newest that is up. Raises LabError when there is none."""
    ids = [lab_id for lab_id in state.lab_ids() if state.load(lab_id)]
    if not ids and not options.lab:
        raise LabError("no lab is up: `python -m tests.lab up 3` starts one")
    return Lab.attach(options.lab or ids[-1])


def listing(_: argparse.Namespace) -> int:
    for lab_id in state.lab_ids():
        if content := state.load(lab_id):
            owner = content["owner"]
            whose = "stays" if owner is None else f"of process {owner[0]}"
            print(f"lab {lab_id} ({whose if state.owner_lives(content) else 'orphan'}), {content['subnet']}")
            show(Lab.attach(lab_id))
    return 0


def execute(options: argparse.Namespace) -> int:
    host = chosen(options)[options.host]
    words = options.command
    argv = host.argv(words[0] if len(words) == 1 else words, options.user)
    os.execvp(argv[0], argv)


def ssh(options: argparse.Namespace) -> int:
    host = chosen(options)[options.host]
    print(ssh_line(host.address, host.port, host.settings.users[0]))
    return 0


def down(options: argparse.Namespace) -> int:
    """Without an id: the newest lab that stays, and all orphans. With --all: every lab of this machine."""
    with state.locked():
        gone = state.sweep()
        ids = state.lab_ids()
        if not options.all:
            stays = [lab_id for lab_id in ids if (content := state.load(lab_id)) and content["owner"] is None]
            ids = [options.id] if options.id else stays[-1:]
        for lab_id in ids:
            state.remove(lab_id)
    print("ended: " + (", ".join([*gone, *ids]) or "nothing was up"))
    return 0


def leftovers(options: argparse.Namespace) -> int:
    lines = state.leftovers(every=options.all)
    print("\n".join(lines) or "nothing is left behind")
    return 1 if lines else 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab", description="Linux hosts on this machine, for tests."
    )
    commands = parser.add_subparsers(required=True)

    start = commands.add_parser("up", help="start a lab that stays up")
    start.add_argument("hosts", type=int, nargs="?", default=3)
    start.add_argument("--memory", help="MiB: one value for all, or one a host, by commas")
    start.add_argument("--cores", help="one value for all, or one a host, by commas")
    start.add_argument("--link-mbit", help="Mbit/s: one value for all, or one a host, by commas")
    start.add_argument("--no-java", default="", help="numbers of hosts without Java, by commas, or 'all'")
    start.add_argument("--sudo", choices=["password", "nopasswd"])
    start.add_argument("--password", default=PASSWORD)
    start.add_argument("--port", type=int, default=22)
    start.add_argument("--user", default="flink")
    start.add_argument("--prefix", default="node")
    start.add_argument("--bind", action="append", default=[], metavar="SOURCE:TARGET[:ro]")
    start.add_argument(
        "--repository", action="store_true", help="this checkout and its Python, read-only, on every host"
    )
    start.set_defaults(run=up)

    enter = commands.add_parser("exec", help="run a command in a host")
    enter.add_argument("--user", default="root")
    enter.add_argument("--lab")
    enter.add_argument("host")
    enter.add_argument("command", nargs=argparse.REMAINDER, help="one word goes to bash -c")
    enter.set_defaults(run=execute)

    line = commands.add_parser("ssh", help="print the ssh command for a host")
    line.add_argument("--lab")
    line.add_argument("host")
    line.set_defaults(run=ssh)

    commands.add_parser("ls", help="what is up").set_defaults(run=listing)

    end = commands.add_parser("down", help="end a lab, and what crashed ones left")
    end.add_argument("id", nargs="?")
    end.add_argument("--all", action="store_true", help="also labs that other processes are using")
    end.set_defaults(run=down)

    left = commands.add_parser("leftovers", help="exit 1 and list what labs have left behind")
    left.add_argument("--all", action="store_true", help="count labs that are up, too")
    left.set_defaults(run=leftovers)
    return parser


def main() -> int:
    options = arguments().parse_args()
    try:
        return options.run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
