"""The pane of any step: its questions, the live table of its hosts, what the checks say, and the parts of its own.

Draws views and hands on what the operator says. It must not know what a question means, nor how a host is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from wizard.answers.answers import HostEntry
from wizard.answers.single import added, entry_of, with_host
from wizard.questions import given
from wizard.steps import Step
from wizard.steps.config_keys import key_question
from wizard.view import View
from wizard.walk import Walk

from .widgets.configeditor import ConfigDialog, ConfigEditor
from .widgets.earlier import EarlierAnswers
from .widgets.extra import Extra
from .widgets.field import ChoiceField
from .widgets.hint import Hint
from .widgets.hostform import HostForm, HostWish
from .widgets.hostkeys import NewHostKeys
from .widgets.hosttable import HostTable
from .widgets.inked import ink, lines, marked
from .widgets.memorybar import MemoryBars
from .widgets.pane import Pane, give_keys
from .widgets.passwords import PasswordDialog, RefusedLogins, SecretWanted, SudoWanted, hand_on
from .widgets.question import QuestionRow
from .widgets.renewing import renew
from .widgets.sshimport import ImportDialog, SshImport, Ticked
from .widgets.stepfindings import FindingRow, StepFindings
from .widgets.stephead import StepHead
from .widgets.trouble import PracticeTrouble
from .widgets.trusted import TrustedKeys

ABOVE: Mapping[str, tuple[type[Extra], ...]] = {
    "welcome": (EarlierAnswers, PracticeTrouble),
    "hosts": (SshImport, NewHostKeys, RefusedLogins),
    "requirements": (SudoWanted,),
    "java-home": (SudoWanted,),
    "flink-config": (MemoryBars,),
}
"""Step → its own parts between the questions and the table."""

BELOW: Mapping[str, tuple[type[Extra], ...]] = {
    "ssh-keys": (TrustedKeys,),
    "flink-config": (ConfigEditor,),
}
"""Step → its own parts below the table."""

MOST_TITLE = 26
"""Columns that a title takes at most; a longer one is wrapped."""

MOST_FIELD = 26
"""Columns that a field takes at most where a reason stands beside it."""

DETAILS = 3
"""Inputs, formula and bounds of a suggestion; what differs on single hosts stands in the table."""

FIRST_KEYS = (
    "Tab and the arrows go from field to field. F8 goes on, F7 back, F1 explains; nothing is lost by it."
)
"""What one needs to know before the first key."""

_unfinished: WeakKeyDictionary[Walk, dict[str, str]] = WeakKeyDictionary()
"""Texts that could not be taken when their step was left: they are there again when it is come back to."""


class StepPane(Pane):
    """Scrolls as a whole; the hint at the foot explains what has the focus."""

    DEFAULT_CSS = """
    StepPane { height: 1fr; layout: vertical; }
    StepPane > #step-body { height: 1fr; scrollbar-size-vertical: 1; }
    StepPane #step-content { height: auto; padding: 0 1 0 0; }
    StepPane #step-questions { height: auto; }
    StepPane #step-problems { height: auto; }
    StepPane #step-summary { height: auto; margin: 1 0 0 0; color: $text-muted; }
    StepPane HostTable, StepPane StepFindings { margin: 1 0 0 0; }
    """

    BINDINGS = [
        Binding("pageup", "page(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Down", show=False),
        Binding("f6", "attend", "See to it", priority=True),
    ]

    def __init__(self, walk: Walk, step: Step) -> None:
        super().__init__(walk, step)
        self._rows: dict[str, QuestionRow] = {}
        self._view = walk.view
        self._begun = False
        self._widths = (12, 10)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="step-body", can_focus=False), Vertical(id="step-content"):
            yield StepHead(self.step)
            with Vertical(id="step-questions"):
                for question in self.step.asks(self._view):
                    yield self._row(question.path)
            yield Static("", id="step-problems", markup=False)
            for part in ABOVE.get(self.step.id, ()):
                yield part(self.step)
            if self.step.columns:
                yield HostTable(self.step)
            yield StepFindings()
            yield Static("", id="step-summary", markup=False)
            for part in BELOW.get(self.step.id, ()):
                yield part(self.step)
        yield Hint()

    def _row(self, path: str) -> QuestionRow:
        question = next(one for one in self.step.asks(self._view) if one.path == path)
        kept = _unfinished.get(self.walk, {}).get(path, "")
        self._rows[path] = QuestionRow(question, self._view, self.walk.answer, kept)
        return self._rows[path]

    # Views

    def show(self, view: View) -> None:
        self._view = view
        self._show_questions(view)
        findings = self.step.findings(view)
        self.query_one(StepHead).show(view)
        for table in self.query(HostTable):
            table.display = view.spec is not None
            table.show(view)
        for part in self.query(Extra):
            part.show(view)
        self.query_one(StepFindings).show(findings)
        self._show_words(view)
        self._hint()
        if not self._begun:
            self._begun = True
            self._focus_first(view)
        elif self.screen.is_current and self.screen.focused is None:
            # What had the focus is gone: trusted keys, an accepted password.
            self.action_attend()
        self.refresh_bindings()

    def _show_questions(self, view: View) -> None:
        """Rows come and go with what is asked; those that stay keep their text and the focus."""
        asked = {one.path: one for one in self.step.asks(view)}
        for path in [path for path in self._rows if path not in asked]:
            self._rows.pop(path).remove()
        before: QuestionRow | None = None
        for path, question in asked.items():
            row = self._rows.get(path)
            if row is None:
                row = self._row(path)
                place = self.query_one("#step-questions")
                place.mount(row, after=before) if before else place.mount(
                    row, before=0 if place.children else None
                )
            elif row.is_mounted:
                row.show(question, view)
                if before is not None and before.is_mounted:
                    rows = self.query_one("#step-questions")
                    if rows.children.index(row) < rows.children.index(before):
                        rows.move_child(row, after=before)
            before = row
        self._rows = {path: self._rows[path] for path in asked}
        self._align()

    def _align(self) -> None:
        """Titles and fields stand below one another; columns only grow, so that nothing jumps while one types."""
        needs = [row.needs for row in self._rows.values() if row.is_mounted]
        titles = min(max((title for title, _ in needs), default=0), MOST_TITLE)
        fields = min(max((field for _, field in needs), default=0), MOST_FIELD)
        self._widths = (max(self._widths[0], titles), max(self._widths[1], fields))
        for row in self._rows.values():
            row.fit(*self._widths)

    def _show_words(self, view: View) -> None:
        wrong = [one for one in self.step.open_problems(view) if not one.endswith(" is missing.")]
        problems = self.query_one("#step-problems", Static)
        renew(problems, lines([marked("bad", one) for one in wrong]))
        problems.display = bool(wrong)
        words = [ink(one) for one in self.step.summary(view)]
        if self.step.id == "welcome":
            words.append(ink(FIRST_KEYS))
        if self.step.columns and view.spec is None:
            where = "here" if self.step.id == "hosts" else "on the step Hosts"
            words.append(ink(f"The hosts are looked at once a master and a worker are named {where}."))
        if view.saving:
            words.append(marked("warn", view.saving))
        summary = self.query_one("#step-summary", Static)
        renew(summary, lines(words))
        summary.display = bool(words)

    def _focus_first(self, view: View) -> None:
        """The first question that needs an answer, else the first one."""
        rows = list(self._rows.values())
        open_ = [
            row
            for row in rows
            if row.wrong or (row.question.required and given(view, row.question.path) is None)
        ]
        if open_ or rows:
            give_keys((open_ or rows)[0].field)
        elif self.step.columns:
            give_keys(self.query_one(HostTable))

    # Going on

    def may_leave(self) -> str:
        for row in self._rows.values():
            row.commit()
            if wrong := row.wrong:
                return f"{row.question.title}: {wrong}{'' if wrong.endswith('.') else '.'}"
        problems = self.step.open_problems(self.walk.view)
        if not problems:
            return ""
        first = problems[0] + ("" if problems[0].endswith((".", "?")) else ".")
        return first + (f" And {len(problems) - 1} more." if len(problems) > 1 else "")

    def on_unmount(self) -> None:
        kept = _unfinished.setdefault(self.walk, {})
        for path, row in self._rows.items():
            kept[path] = row.unfinished()

    def on_question_row_ended(self, event: QuestionRow.Ended) -> None:
        """Enter: to the next field of this step, or on where there is none."""
        event.stop()
        chain = self.screen.focus_chain
        here = self.screen.focused
        place = chain.index(here) + 1 if here in chain else len(chain)
        if place < len(chain) and self in chain[place].ancestors:
            give_keys(chain[place])
        else:
            self.post_message(Pane.NextWanted())

    def action_page(self, by: int) -> None:
        body = self.query_one("#step-body", VerticalScroll)
        body.scroll_page_down(animate=False) if by > 0 else body.scroll_page_up(animate=False)

    # The hint

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        del event
        self._hint()

    def _hint(self) -> None:
        """Explain what has the focus."""
        focused = self.screen.focused
        hint = self.query_one(Hint)
        if focused is None or self not in focused.ancestors:
            return
        if isinstance(focused, HostTable):
            hint.tell(focused.in_full(focused.host) if focused.host else Content(""))
        elif isinstance(focused, FindingRow):
            hint.say("Enter shows what was seen, what is wanted, and what mends it.")
        else:
            row = next((one for one in focused.ancestors if isinstance(one, QuestionRow)), None)
            if row is not None:
                hint.say(row.question.help, _explained(row))
            else:
                part = next((one for one in focused.ancestors if isinstance(one, Extra)), None)
                hint.say(part.hint if part else "")

    # Hosts

    def _waiting(self) -> Extra | None:
        """The part for which hosts wait, such as new host keys."""
        return next((part for part in self.query(Extra) if part.urgent and part.display), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "attend" or self._waiting() is not None

    def action_attend(self) -> None:
        """Go to what hosts wait for; where none does, to the first field."""
        part = self._waiting()
        if part is not None:
            give_keys(next(one for one in part.query(Button) if one.display))
        else:
            self._focus_first(self._view)

    def on_host_table_reached(self, event: HostTable.Reached) -> None:
        event.stop()
        for part in self.query(Extra):
            part.reached(event.host)
        self._hint()

    def on_host_table_chosen(self, event: HostTable.Chosen) -> None:
        event.stop()
        spec = self._view.spec
        if self.step.id != "hosts" or spec is None:
            return
        host = event.host
        entry = entry_of(self._view.answers, host) or HostEntry(host)

        def kept(wish: HostWish | None) -> None:
            if wish is not None:
                self._keep_host(host, wish)

        self.app.push_screen(HostForm(host, entry, spec.user, spec.ssh.port or 22), kept)

    def _keep_host(self, host: str, wish: HostWish) -> None:
        if wish.password:
            self.walk.password(wish.password, host)
        for role, entries in with_host(self.walk.view.answers, host, wish.user, wish.port).items():
            self.walk.decide(role, entries)

    @on(NewHostKeys.Trusted)
    def _trust(self, event: NewHostKeys.Trusted) -> None:
        event.stop()
        self.walk.approve_keys(event.keys)

    @on(SecretWanted)
    def _ask_secret(self, event: SecretWanted) -> None:
        event.stop()
        dialog = PasswordDialog(event.wanted, event.hosts)
        self.app.push_screen(dialog, lambda told: hand_on(self.walk, told))

    @on(SshImport.Wanted)
    def _import(self, event: SshImport.Wanted) -> None:
        event.stop()
        self._read_names()

    @work(thread=True, exclusive=True)
    def _read_names(self) -> None:
        names = self.walk.ssh_names()
        self.app.call_from_thread(self.app.push_screen, ImportDialog(names), self._imported)

    def _imported(self, ticked: Ticked | None) -> None:
        if ticked is None:
            return
        if ticked.master:
            self.walk.decide("master", (HostEntry(ticked.names[0]),))
        else:
            self.walk.decide("workers", added(self.walk.view.answers.hosts_at("workers"), ticked.names))

    # Answers from elsewhere

    @on(EarlierAnswers.Opened)
    def _open(self, event: EarlierAnswers.Opened) -> None:
        event.stop()
        wrong = self.walk.open(event.path)
        if wrong:
            self.notify(wrong, title="These answers cannot be used", severity="error", markup=False)
        else:
            _unfinished.pop(self.walk, None)
            self.post_message(Pane.NextWanted())

    @on(ConfigEditor.Wanted)
    def _edit_key(self, event: ConfigEditor.Wanted) -> None:
        event.stop()

        def keep(key: str, value: str) -> str:
            return self.walk.answer(key_question(self._view, key), value)

        self.app.push_screen(ConfigDialog(self._view, event.key, keep))

    @on(ConfigEditor.Removed)
    def _remove_key(self, event: ConfigEditor.Removed) -> None:
        event.stop()
        self.walk.decide(f"flink.config.{event.key}", None)


def _explained(row: QuestionRow) -> list[str]:
    """What is suggested and why, or what the choice means."""
    said: list[str] = []
    if isinstance(row.field, ChoiceField) and row.field.detail:
        left_open = row.suggested.value if row.suggested is not None else "As suggested"
        said.append(f"{row.field.text or left_open}: {row.field.detail}.")
    if row.origin:
        said.append(f"Found on the hosts: {row.origin.rstrip('.')}.")
    if row.suggested is not None:
        said.append(f"Suggested: {row.suggested.value}, {row.suggested.reason.rstrip('.')}.")
        said += [". ".join((*row.suggested.detail[:DETAILS], "")).strip()]
    return said
