"""The run in line mode: a line for whatever ends, a numbered choice where it waits, and Ctrl-C that ends it safely.

Knows events and how they are printed. It must not know how a run works. Events come from other threads and are
printed here, so that nothing is said while somebody types.
"""

from __future__ import annotations

from typing import Literal, cast

from wizard import events
from wizard.events import Event
from wizard.printer import Printer
from wizard.text import one_line
from wizard.walk import Walk
from wizard.wanted import sudo_refused
from wizard.words import counted, name_of

from .hearing import Ear, Heard
from .moving import Go
from .talk import Back, Leave, Onward, Talk

CHOICES = (
    ("retry", "Try again, once the cause is mended."),
    ("password", "Type a password for this host, then try again."),
    ("skip", "Leave this one out and go on with this host."),
    ("drop", "Go on without this host."),
    ("stop", "Stop the run."),
)

STOP = "A run is under way. Stop it?"


def apply(walk: Walk, talk: Talk, ear: Ear) -> None:
    """Carry the plan out that was confirmed, until the run has ended.

    Raises:
        Go: nothing was confirmed.
        KeyboardInterrupt: at the second Ctrl-C.
    """
    leaving, talk.leaving = talk.leaving, STOP
    try:
        with ear.listening() as heard:
            if not walk.start():
                talk.console.say("The plan is confirmed on the step Review first.")
                raise Go("review")
            talk.console.say("Ctrl-C stops the run: what is under way on a host is broken off safely.")
            Following(walk, talk, heard).follow()
    finally:
        talk.leaving = leaving


class Following:
    """One run as it is told: `heard` are its events, in order."""

    def __init__(self, walk: Walk, talk: Talk, heard: Heard) -> None:
        self.walk = walk
        self.talk = talk
        self._heard = heard
        self._printer = Printer(talk.console.terminal, walk.verbose)
        self._stage = ""
        self._cancelled = False

    def follow(self) -> None:
        """Say what happens until the run is over."""
        while True:
            try:
                event = self._heard.get()
                if isinstance(event, events.ViewChanged):
                    if self.walk.view.applied != "running":
                        return
                    continue
                self._take(event)
            except KeyboardInterrupt:
                self._cancel()

    def _take(self, event: Event) -> None:
        match event:
            case events.StageStarted():
                self._stage = f"Stage {event.number} of {event.of}: {event.title}"
            case events.OperationFinished() if event.status == "satisfied" and not self.walk.verbose:
                pass
            case events.OperationStarted():
                self._head()
            case events.OperationFinished() | events.ProofMade():
                self._head()
                self._printer(event)
            case events.Paused():
                self._paused(event)
            case events.ConsentAsked():
                self._consent(event)
            case events.RunFinished() if event.note:
                self.talk.console.say(event.note)
            case _:
                self._printer(event)

    def _head(self) -> None:
        """The stage, once something happens in it."""
        if self._stage:
            self.talk.console.say(self._stage)
            self._stage = ""

    def _paused(self, event: events.Paused) -> None:
        """The step failed on a host, as was just said; the run waits there."""
        if self._cancelled:
            return
        say, host = self.talk.console.say, name_of(event.host)
        title = f"The run waits at {host}; other hosts go on. What shall be done about {host}?"
        options = [one for one in CHOICES if one[0] != "password" or self.walk.tempo is None]
        if sudo_refused(event.evidence):
            options.insert(0, ("sudo", "Type sudo's password and try again."))
        self.talk.explain = lambda: self._explain(event)
        say()
        while True:
            try:
                chosen = self.talk.choose(title, options, "retry")
                if chosen in {"password", "sudo"} and not self._password(event.host, sudo=chosen == "sudo"):
                    continue
            except Back:
                say("A run goes forward only. Stop it to go back.")
                continue
            except Leave:
                self._cancel()
                return
            said = "retry" if chosen in {"password", "sudo"} else chosen
            self.walk.choose(event.number, cast("Literal['retry', 'skip', 'drop', 'stop']", said))
            return

    def _explain(self, event: events.Paused) -> None:
        say = self.talk.console.say
        say(f"What failed: {event.title}.")
        for label, text in (("Why", event.cause), ("Seen", event.evidence), ("What to do", event.action)):
            if text:
                say(f"{label}: {one_line(text, 600)}")

    def _password(self, host: str, *, sudo: bool = False) -> bool:
        what = "Sudo's password" if sudo else "Password"
        typed = self.talk.secret(f"{what} for {name_of(host)}, or Enter for none:")
        if typed:
            self.walk.password(typed, host, sudo=sudo)
        return bool(typed)

    def _consent(self, event: events.ConsentAsked) -> None:
        if self._cancelled:
            return
        say = self.talk.console.say
        say()
        say(f"{name_of(event.host)}: {event.title} would end {counted(len(event.jobs), 'running job')}:")
        for job in event.jobs:
            say(one_line(job), "  ")
        while True:
            try:
                agreed = self.talk.yes("End them?" if len(event.jobs) > 1 else "End it?", False)
            except (Back, Onward):
                say("Please type yes or no. With no it is left as it is, and reported as pending.")
                continue
            except Leave:
                self._cancel()
                return
            self.walk.choose(event.number, agreed)
            return

    def _cancel(self) -> None:
        """The first time it is asked to end, the second time the wizard ends. Raises KeyboardInterrupt."""
        if self._cancelled:
            raise KeyboardInterrupt
        self._cancelled = True
        self.talk.console.say(
            "Stopping. What is under way is broken off safely; Ctrl-C again ends the wizard."
        )
        self.walk.cancel()
