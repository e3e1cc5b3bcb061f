"""The command line as data: every command with its words and options, declared once.

Light on purpose: `--help` and `--version` import nothing but argparse. It must not know what a command does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, Protocol

Parser = argparse.ArgumentParser


class _Taking(Protocol):
    """A parser or a group of one: what options are declared on."""

    def add_argument(self, *names: str, **more: Any) -> Any: ...


_DESCRIPTION = "Turns machines with sshd into a running Apache Flink standalone cluster."

_EPILOG = """without a command the wizard asks what you want to do; without a terminal use apply FILE

passwords:
  asked for with --ask-password, else from --password-file or from FLINK_WIZARD_PASSWORD;
  sudo's, where it is another one, from --password-file or FLINK_WIZARD_SUDO_PASSWORD;
  the passphrase of a private key from FLINK_WIZARD_KEY_PASSPHRASE, or ssh-add it to an agent

exit status:
  0    done, or nothing to do
  1    an operation or the verification failed
  2    bad usage or bad answers
  3    a finding forbids the change, or findings remain
  4    a needed host could not be reached or refused the login
  130  cancelled
"""


def _common(parser: Parser) -> None:
    group = parser.add_argument_group("common options")
    group.add_argument("--password-file", metavar="FILE", help="one password, or lines HOST: password")
    group.add_argument(
        "--ask-password", action="store_true", help="ask for the login password on the terminal"
    )
    group.add_argument(
        "--state-dir", metavar="DIR", help="where answers, journals and the audit log are kept"
    )
    group.add_argument("--log-file", metavar="FILE", help="also write what is printed to this file")
    group.add_argument(
        "-v", "--verbose", action="store_true", help="print every command; with --dry-run as a host gets it"
    )


def _file(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the answers file")


def _hosts(parser: Parser, count: str) -> None:
    parser.add_argument(
        "hosts", metavar="HOST", nargs=count, help="user@host:port, or a name from ~/.ssh/config"
    )


def _job_loss(parser: Parser) -> None:
    parser.add_argument(
        "--allow-job-loss", action="store_true", help="stop daemons although jobs are running"
    )


def _waive(parser: Parser) -> None:
    parser.add_argument("--waive", metavar="ID", nargs="+", default=[], help="findings that only warn")


def _yes(parser: Parser, text: str) -> None:
    parser.add_argument("--yes", action="store_true", help=text)


def _plain(parser: _Taking) -> None:
    parser.add_argument(
        "--plain", action="store_true", help="line by line: serial consoles, screen readers, TERM=dumb"
    )


def _walk_answers(parser: _Taking) -> None:
    parser.add_argument(
        "--answers", metavar="FILE", help="asks only for what this file leaves open; made when it is missing"
    )


def _install(parser: Parser) -> None:
    one = parser.add_mutually_exclusive_group()
    _walk_answers(one)
    one.add_argument("--local", action="store_true", help="this machine alone")
    way = parser.add_mutually_exclusive_group()
    _plain(way)
    way.add_argument("--yes", action="store_true", help="ask nothing: needs --local or --answers")
    _waive(parser)
    _job_loss(parser)


def _repair(parser: Parser) -> None:
    one = parser.add_mutually_exclusive_group()
    _walk_answers(one)
    one.add_argument("--master", metavar="HOST", help="where its JobManager runs: user@host:port")
    parser.add_argument("--flink-home", metavar="DIR", help="where its Flink lies; needs --master")
    _plain(parser)
    _waive(parser)
    _job_loss(parser)


def _walkthrough(parser: Parser) -> None:
    _walk_answers(parser)
    parser.add_argument("--repair", action="store_true", help="the walk of a repair instead of an install")
    _plain(parser)
    _waive(parser)


def _practice(parser: Parser) -> None:
    parser.add_argument("--trouble", metavar="ID", help="what goes wrong; without it the wizard asks")
    _plain(parser)


def _apply(parser: Parser) -> None:
    _file(parser)
    _yes(parser, "do not ask before the change")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    _waive(parser)
    _job_loss(parser)


def _check(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="the answers file")
    parser.add_argument("--master", metavar="HOST", help="where its JobManager runs: user@host:port")
    parser.add_argument("--flink-home", metavar="DIR", help="where its Flink lies; needs --master")
    parser.add_argument(
        "--fix",
        metavar="ID",
        nargs="+",
        default=[],
        action="extend",
        help="mend these findings; naming one is the consent that its fix asks for",
    )
    parser.add_argument("--fix-safe", action="store_true", help="mend what can be mended without asking")
    _waive(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or programs")
    parser.add_argument("--report", metavar="FILE", help="also write a report as Markdown, without secrets")
    _job_loss(parser)


def _export(parser: Parser) -> None:
    _file(parser)
    parser.add_argument("--format", choices=("sh", "md"), default="sh", help="a script or a runbook")


def _status(parser: Parser) -> None:
    _file(parser)
    _hosts(parser, "*")


def _operate(parser: Parser) -> None:
    _file(parser)
    _hosts(parser, "*")
    _yes(parser, "do not ask about running jobs either: then they are left running")
    _job_loss(parser)


def _workers(parser: Parser) -> None:
    _file(parser)
    _hosts(parser, "+")
    _yes(parser, "do not ask before the change")
    _waive(parser)
    _job_loss(parser)


COMMANDS: tuple[tuple[str, str, Callable[[Parser], None]], ...] = (
    ("install", "a guided install: nothing is changed before you confirm the review", _install),
    ("repair", "look at a cluster that is there, and mend what you tick", _repair),
    ("dry-run", "the same walk and the same plan; nothing on any host changes", _walkthrough),
    ("practice", "the walk on an imagined cluster: no host, no network", _practice),
    ("apply", "make a cluster what an answers file says; asks once in a terminal", _apply),
    ("check", "say what is wrong with a cluster that is there, and mend what you name", _check),
    ("export", "print the plan as a script or as a runbook", _export),
    ("status", "show what runs on which host", _status),
    ("start", "start the cluster, or these hosts of it", _operate),
    ("stop", "stop the cluster, or these hosts of it", _operate),
    ("restart", "stop and start the cluster, or these hosts of it", _operate),
    ("add-worker", "add hosts to the answers file, then to the cluster", _workers),
    ("remove-worker", "take hosts out of the cluster, then out of the answers file", _workers),
    ("add-jobmanager", "add standby JobManagers to the file, then to the cluster", _workers),
    ("remove-jobmanager", "take standby JobManagers out of the cluster, then out of the file", _workers),
)


def parser_of(version: str) -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="flink-wizard",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"flink-wizard {version}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=False)
    for name, text, declare in COMMANDS:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
        )
        declare(command)
        if name != "practice":
            _common(command)
    return parser


def parse(arguments: Sequence[str], version: str) -> argparse.Namespace:
    """The options of this command line. Exits with status 2 and a sentence when it is wrong."""
    return parser_of(version).parse_args(arguments)
