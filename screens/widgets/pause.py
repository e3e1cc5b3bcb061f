"""A question of the run to the operator: what happened, the evidence, and buttons for what may follow.

Knows words and choices. It must not know what follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message

from wizard.events import ConsentAsked, Paused
from wizard.wanted import sudo_refused
from wizard.words import counted, name_of

from .choices import Choice, Choices
from .hung import Hung
from .inked import MUTED, ink, lines, marked, told
from .pane import taken_away


@dataclass(frozen=True, slots=True)
class Asking:
    """`key` tells one question from the next; `likely` is the choice that gets the focus."""

    key: str
    title: Content
    body: Content
    choices: tuple[Choice, ...]
    likely: str


class RunQuestion(Vertical):
    """Says `Answered` with the key of the question and the choice."""

    DEFAULT_CSS = """
    RunQuestion { height: auto; background: $panel; border-left: thick $warning; padding: 0 1; }
    RunQuestion.-good { border-left: thick $success; }
    RunQuestion.-bad { border-left: thick $error; }
    RunQuestion > VerticalScroll { height: auto; max-height: 6; scrollbar-size-vertical: 1; }
    RunQuestion Choices { margin: 1 0 0 0; }
    .-low RunQuestion Choices { margin: 0; }
    """
    SCOPED_CSS = False

    class Answered(Message):
        """The operator has chosen."""

        def __init__(self, key: str, choice: str) -> None:
            super().__init__()
            self.key = key
            self.choice = choice

    def __init__(self, asking: Asking, *, mood: str = "") -> None:
        super().__init__(classes=f"-{mood}" if mood else None)
        self.asking = asking
        self._limit: int | None = None

    def compose(self) -> ComposeResult:
        if self.asking.title.plain:
            yield Hung(self.asking.title)
        with VerticalScroll():
            yield Hung(self.asking.body)
        yield Choices(self.asking.choices, row=len(self.asking.choices) <= 3)

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self._fit()
        self.query_one(Choices).button(self.asking.likely).focus()

    def limit(self, height: int) -> None:
        """Let the words between title and buttons take so many lines at most, also before they are there."""
        self._limit = height
        self._fit()

    def _fit(self) -> None:
        if self._limit is not None:
            for words in self.query(VerticalScroll):
                words.styles.max_height = self._limit

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        self.post_message(self.Answered(self.asking.key, event.key))


PAUSED = (
    Choice("retry", "Retry", "primary"),
    Choice("skip", "Skip this step"),
    Choice("drop", "Drop this host"),
    Choice("edit", "Change answers"),
    Choice("stop", "Stop the run"),
)
"""What may follow when a step has failed."""

HINT = (
    "Retry: try this step again. Skip: go on with this host. Drop: the other hosts go on without it. "
    "Change answers, Stop: the run ends here."
)


SUDO = Choice("sudo", "Type sudo's password")
"""What may follow too when sudo refused its password."""


def pause_asking(event: Paused, more: int) -> Asking:
    """A step failed on a host; `more` hosts wait for an answer after this one."""
    waiting = f"  ({counted(more, 'more question')} after this)" if more else ""
    body = [
        *told("why", event.cause),
        *told("seen", event.evidence),
        *told("next", event.action, "bold"),
        ink(HINT, MUTED),
    ]
    wants_sudo = sudo_refused(event.evidence)
    choices = (SUDO, *PAUSED) if wants_sudo else PAUSED
    title = Content.assemble(
        marked("warn", f"{name_of(event.host)} waits for you: {event.title}", "bold $text-warning"),
        ink(waiting, MUTED),
    )
    return Asking(f"paused-{event.number}", title, lines(body), choices, "sudo" if wants_sudo else "retry")


def consent_asking(event: ConsentAsked) -> Asking:
    """An operation would end running jobs."""
    count = len(event.jobs)
    body: Iterable[Content] = (
        ink(f"This would end {counted(count, 'running job')}:"),
        *(ink(f"  {job}", "bold") for job in event.jobs),
        ink("Without your yes the jobs go on, and this step is left for later.", MUTED),
    )
    return Asking(
        f"consent-{event.number}",
        marked("warn", f"{name_of(event.host)}: {event.title}", "bold $text-warning"),
        lines(body),
        (
            Choice("no", "No, let them run" if count > 1 else "No, let it run", "primary"),
            Choice("yes", "Yes, end them" if count > 1 else "Yes, end it", "error"),
        ),
        "no",
    )


CANCEL = Asking(
    "cancel",
    marked("warn", "Cancel the run?", "bold $text-warning"),
    ink("Each host ends what it is at. A later run goes on from there."),
    (Choice("no", "Go on with the run", "primary"), Choice("yes", "Cancel the run", "error")),
    "no",
)
