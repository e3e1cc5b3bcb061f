"""A question on the screen: its title, its field, why a value is suggested; below it what is wrong with the answer.

Judges what is typed by the question's own `parse` alone, and hands it on once typing rests. It must not know the step,
nor what an answer leads to.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from validators.values import ValueProblem
from wizard.questions import Question, Suggested, answer_text, given, origin
from wizard.text import one_line
from wizard.view import View

from .field import ChoiceField, Entered, Field, FlagField, LineField, LinesField, ManyField, Typed
from .inked import ink, marked
from .renewing import renew

RESTS = 0.4
"""Seconds after the last keystroke until an answer is handed on."""

Answer = Callable[[Question, str], str]


class QuestionRow(Vertical):
    """`answer` takes what was typed and gives "" or what is wrong with it. `unfinished` is a text from before that
    could not be taken."""

    DEFAULT_CSS = """
    QuestionRow { height: auto; }
    QuestionRow > Horizontal { height: auto; }
    QuestionRow .row-title { width: 25; height: auto; padding: 0 1 0 0; }
    QuestionRow .row-reason { width: 1fr; height: 1; padding: 0 0 0 1; color: $text-muted; text-wrap: nowrap;
        text-overflow: ellipsis; }
    QuestionRow > .row-wrong { display: none; height: auto; color: $error; padding: 0 0 0 2; }
    QuestionRow.-wrong > .row-wrong { display: block; }
    QuestionRow.-here .row-title { text-style: bold; color: $primary; }
    """

    class Ended(Message):
        """The operator is done here and wants the next field."""

    def __init__(self, question: Question, view: View, answer: Answer, unfinished: str = "") -> None:
        super().__init__()
        self.question = question
        self._answer = answer
        self._unfinished = unfinished
        self._view = view
        self._timer: Timer | None = None
        self._dirty = bool(unfinished)
        self._known = given(view, question.path)
        self._settled = ""
        """The text that was put there or handed on last; another one is being typed, whether that was told or not."""
        self._held = ""
        """The text that stood there when the field was entered: what it goes back to when it ends with none that serves."""
        self._said = ""
        self._drawn: tuple[object, ...] = ()
        self.field = _field_for(question, view)
        self.field.add_class("field")
        self.suggested: Suggested | None = None
        self._title = Static("", classes="row-title", markup=False)
        self._reason = Static("", classes="row-reason", markup=False)
        self._wrong = Static("", classes="row-wrong", markup=False)
        self._width = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._title
            yield self.field
            yield self._reason
        yield self._wrong

    def on_mount(self) -> None:
        answered = answer_text(self._view, self.question)
        self._put(self._unfinished or answered)
        self._held = answered
        self.show(self.question, self._view)
        if self._unfinished:
            self._judge()

    @property
    def text(self) -> str:
        return self.field.text

    @property
    def origin(self) -> str:
        """Where the answer that stands there was read, "" when somebody gave it."""
        return "" if self._dirty else origin(self._view, self.question.path)

    @property
    def wrong(self) -> str:
        """What is wrong with the text, "" when nothing is."""
        typed = self.field.text.strip()
        try:
            if typed:
                self.question.parse(typed)
        except ValueProblem as problem:
            return problem.sentence
        return ""

    def show(self, question: Question, view: View) -> None:
        """Draw this view; what is being typed stays."""
        self.question, self._view = question, view
        value = given(view, question.path)
        if value != self._known:
            self._known = value
            typing = self._dirty or self.field.text != self._settled
            if not typing and not self._means(value):
                self._put(answer_text(view, question))
        self.suggested = question.suggest(view)
        options = question.options(view)
        taken = self.suggested.value if self.suggested else ""
        drawn = (
            question.title,
            options,
            self.suggested,
            question.required,
            value is None,
            origin(view, question.path),
            self.has_focus_within,
        )
        if drawn != self._drawn:
            self._drawn = drawn
            choosing = isinstance(self.field, ChoiceField | FlagField | ManyField)
            self.field.offer(options, taken if choosing else taken or _example(question))
            self._draw()

    @property
    def needs(self) -> tuple[int, int]:
        """Columns that the title and the field would like to have."""
        choosing = isinstance(self.field, ChoiceField)
        values = (
            [one.title for one in self.question.options(self._view)]
            if choosing
            else [answer_text(self._view, self.question)]
        )
        values += [self.suggested.value] if self.suggested and not choosing else []
        lines = isinstance(self.field, LinesField | ManyField)
        return len(self.question.title) + 3, 0 if lines else max(map(len, values), default=0) + (
            4 if choosing else 1
        )

    def fit(self, title: int, field: int) -> None:
        """Take so many columns for the title and the field, as the other rows do."""
        self._title.styles.width = title
        self._width = field
        self._widen()

    def commit(self) -> None:
        """Hand the text on, if it was changed and can be taken."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self._dirty:
            return
        text = self.field.text
        self._say(self._answer(self.question, text))
        if not self._said:
            self._dirty, self._settled = False, text
        elif isinstance(self.field, LineField) and self._settled != self._held:
            # A pause in the typing handed on half a value, such as the 9 of 90a: that is nobody's answer.
            self._answer(self.question, self._held)
            self._settled = self._held

    def unfinished(self) -> str:
        """Hand the text on; what could not be taken, "" when all was."""
        self.commit()
        return self.field.text if self._dirty else ""

    def on_typed(self, event: Typed) -> None:
        event.stop()
        self._dirty = True
        self._judge()
        self._draw()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if event.settled:
            self.commit()
        else:
            self._timer = self.set_timer(RESTS, self.commit)

    def on_entered(self, event: Entered) -> None:
        event.stop()
        self.commit()
        if not self._said:
            self.post_message(self.Ended())

    def on_descendant_focus(self) -> None:
        if not self._dirty:
            self._held = self._settled
        self._draw()

    def on_descendant_blur(self) -> None:
        self.commit()
        self._draw()

    def _put(self, text: str) -> None:
        self.field.put(text)
        self._settled = self._held = self.field.text

    def _judge(self) -> None:
        self._say(self.wrong)

    def _say(self, sentence: str) -> None:
        self._said = sentence
        self.set_class(bool(sentence), "-wrong")
        renew(self._wrong, marked("bad", one_line(_sentence(sentence), 300)))
        if sentence and self.has_focus_within:
            # The sentence is drawn below the field, which may be the last line that is seen.
            self.call_after_refresh(self.scroll_visible, animate=False)

    def _means(self, value: object) -> bool:
        """Whether the text that stands there is this value already, however it is written."""
        typed = self.field.text.strip()
        try:
            return (self.question.parse(typed) if typed else None) == value
        except ValueProblem:
            return False

    def _draw(self) -> None:
        here = "▸ " if self.has_focus_within else "  "
        self.set_class(self.has_focus_within, "-here")
        renew(self._title, Content.assemble(here, ink(self.question.title)))
        reason = self._why()
        far = isinstance(self.field, LinesField | ManyField) or not reason.plain
        self.field.set_class(far, "-far")
        self._widen()
        self._reason.display = not far
        renew(self._reason, reason)

    def _widen(self) -> None:
        self.field.styles.width = "1fr" if self.field.has_class("-far") else self._width or 24

    def _why(self) -> Content:
        if isinstance(self.field, ChoiceField) and self.field.detail:
            return ink(self.field.detail)
        found = self.origin
        if found:
            return ink(f"found: {found}")
        if self.suggested is None:
            if self.question.required and not self.field.text:
                return marked("warn", "needed")
            return Content("")
        if not self.field.text:
            return ink(self.suggested.reason)
        if isinstance(self.field, LineField) and self.field.text.strip() != self.suggested.value:
            return ink(f"{self.suggested.value} is suggested")
        return ink(self.suggested.reason)


def _field_for(question: Question, view: View) -> Field:
    options = question.options(view)
    match question.kind:
        case "hosts" | "pairs":
            return LinesField()
        case "choice" if options:
            return ChoiceField(options)
        case "flag":
            return FlagField()
        case "many" if options:
            return ManyField(options)
        case _:
            return LineField(options)


def _example(question: Question) -> str:
    return f"such as {', '.join(question.examples[:2])}" if question.examples else ""


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "?")) else f"{text}."
