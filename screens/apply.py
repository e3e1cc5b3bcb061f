"""Apply: a run as it goes on, the questions that it has for the operator, and how it ended.

Shows the picture that the walk keeps of its run, and hands choices back. It must not start a run that was not
confirmed: leaving and coming back changes nothing.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from wizard import events
from wizard.events import ConsentAsked, Event, Paused
from wizard.progress import Progress
from wizard.steps import Step
from wizard.view import View
from wizard.walk import Walk

from .widgets.choices import Choice
from .widgets.ending import ending_body, ending_title, unreal
from .widgets.headline import Headline
from .widgets.hostrows import HostRows
from .widgets.inked import ink, marked
from .widgets.pane import Pane, give_keys, taken_away
from .widgets.pause import CANCEL, Asking, RunQuestion, consent_asking, pause_asking
from .widgets.remedy import step_for
from .widgets.stages import StageList, bar_content, stages_sentence

EVERY = 0.1
"""Seconds between two drawings of a run."""

WIDE = 74
"""Columns from which the list of stages stands beside the hosts."""

LOW = 22
"""Lines below which the pane leaves out what it can."""

TINY = 13
"""Lines below which a question takes the place of the hosts."""

PACES = (0.0, 0.05, 0.15, 0.5, 1.5)
"""Seconds a command, from at once to slow: the paces of a rehearsal."""


class ApplyPane(Pane):
    DEFAULT_CSS = """
    ApplyPane { layout: vertical; height: 1fr; }
    ApplyPane #bar { height: auto; }
    ApplyPane #run { height: 1fr; min-height: 2; layout: horizontal; margin: 1 0 0 0; }
    ApplyPane.-low #run { margin: 0; }
    ApplyPane #stages { width: 28; height: 1fr; display: none; scrollbar-size-vertical: 1; margin: 0 2 0 0; }
    ApplyPane.-wide #stages { display: block; }
    ApplyPane.-stages #stages { display: block; width: 1fr; margin: 0; }
    ApplyPane.-stages HostRows { display: none; }
    ApplyPane.-wide HostRows { display: block; }
    ApplyPane.-wide #stages { width: 28; margin: 0 2 0 0; }
    ApplyPane #question { height: auto; }
    ApplyPane.-tiny.-asking #run, ApplyPane.-tiny.-asking #bar { display: none; }
    """

    BINDINGS = [
        Binding("x", "cancel", "Cancel"),
        Binding("v", "stages", "Stages"),
        Binding("minus", "pace(1)", "Slower", key_display="-"),
        Binding("plus,equals_sign", "pace(-1)", "Faster", key_display="+"),
        Binding("0", "at_once", "At once"),
    ]

    def __init__(self, walk: Walk, step: Step) -> None:
        super().__init__(walk, step)
        self._serial = -1
        self._shown: Asking | None = None
        self._cancelling = False
        self._sure = False
        """Whether the operator is asked if the run shall really be cancelled."""
        self._again = ""
        """What is said while a fresh plan is made, "" while none is."""
        self._staged = False
        """Whether there are stages to be shown."""

    def compose(self) -> ComposeResult:
        yield Headline(self.step.title, self.step.purpose)
        yield Static("", id="bar", markup=False)
        with Container(id="run"):
            yield StageList(id="stages")
            yield HostRows(id="hosts")
        yield Vertical(id="question")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.walk.start()
        self.set_interval(EVERY, self._tick)
        self.query_one(HostRows).focus()
        self._draw(self.walk.progress.now())

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height < LOW, "-low")
        self.set_class(event.size.height < TINY, "-tiny")
        self.refresh_bindings()
        self._draw(self.walk.progress.now())

    # What happens

    def show(self, view: View) -> None:
        """See `Pane.show`."""
        if view.applied != "running":
            self._cancelling = self._sure = False
        self.refresh_bindings()
        self._draw(self.walk.progress.now())

    def take(self, event: Event) -> None:
        """See `Pane.take`. Most of what happens is drawn at the next turn; questions at once."""
        match event:
            case events.Paused() | events.ConsentAsked() | events.RunFinished():
                self._draw(self.walk.progress.now())
            case events.ReviewMade() if self._again:
                self._made_again(event.fault)
            case _:
                pass

    def may_leave(self) -> str:
        """See `Pane.may_leave`."""
        match self.walk.view.applied:
            case "running":
                return "The run is going on. Wait for its end, or cancel it with x."
            case "no":
                return "Nothing was applied yet: confirm the plan in Review."
            case _:
                return ""

    def on_run_question_answered(self, event: RunQuestion.Answered) -> None:
        event.stop()
        kind, _, number = event.key.partition("-")
        match kind, event.choice:
            case "paused", "edit":
                self._change_answers(int(number))
            case "paused", "sudo":
                self._ask_sudo(int(number))
            case "paused", "retry" | "skip" | "drop" | "stop":
                self.walk.choose(int(number), event.choice)
            case "consent", choice:
                self.walk.choose(int(number), choice == "yes")
            case "cancel", choice:
                self._sure = False
                if choice == "yes":
                    self._cancelling = True
                    self.walk.cancel()
            case "over", "again":
                self._try_again()
            case "over", "review":
                self.post_message(self.StepWanted("review"))
            case _:
                self.post_message(self.NextWanted())
        self._draw(self.walk.progress.now())

    # Keys

    def action_cancel(self) -> None:
        """Ask once whether the run shall end."""
        if self.walk.view.applied == "running" and not self._cancelling:
            self._sure = not self._sure
            self._draw(self.walk.progress.now())

    def action_stages(self) -> None:
        """Stages in place of the hosts, where there is no room for both."""
        self.toggle_class("-stages")
        self.query_one(StageList).can_focus = self.has_class("-stages")
        self.call_after_refresh(self._keep_keys)

    def action_pace(self, by: int) -> None:
        """A rehearsal goes slower, or faster."""
        pace = self._pace(by)
        if pace is not None:
            self._set_pace(pace)

    def action_at_once(self) -> None:
        self._set_pace(0.0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not offered."""
        running = self.walk.view.applied == "running"
        match action, parameters:
            case "pace", (int(by),):
                return running and self._pace(by) is not None
            case "at_once", _:
                return running and bool(self.walk.tempo)
            case "cancel", _:
                return running and not self._cancelling
            case "stages", _:
                return self._staged and not self.has_class("-wide")
            case _:
                return True

    # Drawing

    def _tick(self) -> None:
        progress = self.walk.progress
        if progress.serial != self._serial:
            self._draw(progress.now())
        elif self.walk.view.applied == "running":
            self._draw_bar(progress.now())

    def _draw(self, progress: Progress) -> None:
        if not self.is_mounted:
            return
        self._serial = progress.serial
        if self._staged != bool(progress.stages):
            self._staged = bool(progress.stages)
            self.refresh_bindings()
        self.query_one(Headline).say(self._state(progress))
        self._draw_bar(progress)
        self.query_one(HostRows).show(progress)
        self.query_one(StageList).show(progress)
        self._ask(self._asking(progress))
        self._make_room()

    def _draw_bar(self, progress: Progress) -> None:
        bar = self.query_one("#bar", Static)
        bar.display = bool(progress.stages)
        tempo = self.walk.tempo if self.walk.view.applied == "running" else None
        pace = "" if tempo is None else f"({tempo:g} s a command)" if tempo else "(at once)"
        bar.update(bar_content(progress, self.size.width, pace))

    def _state(self, progress: Progress) -> Content:
        view = self.walk.view
        if self._again:
            return marked("wait", self._again)
        if view.applied == "no":
            return marked("wait", "Nothing was applied yet.")
        if view.applied != "running":
            return ending_title(self.walk, progress)
        if self._cancelling:
            return marked("warn", "Cancelling: each host ends what it is at.", "bold $text-warning")
        if not progress.stages:
            return marked("wait", "Reading the hosts once more…")
        return stages_sentence(progress)

    def _asking(self, progress: Progress) -> Asking | None:
        """The question that is to be seen now: whether to cancel, then what the run asks, then how to go on."""
        view = self.walk.view
        if view.applied == "running":
            if self._sure:
                return CANCEL
            if progress.asked and not self._cancelling:
                first, *others = progress.asked
                if isinstance(first, ConsentAsked):
                    return consent_asking(first)
                return pause_asking(first, len(others))
            return None
        if self._again:
            return None
        if view.applied == "no":
            said = ink("The plan is confirmed in Review; until then nothing is changed.")
            return Asking(
                "over", Content(""), said, (Choice("review", "To the review", "primary"),), "review"
            )
        good = view.applied == "done"
        onward = Choice(
            "done", "Go on: what was verified" if good and not unreal(self.walk) else "To the summary"
        )
        again = Choice("again", "Try again")
        choices = (onward,) if good else (again, onward)
        # The likely one is drawn as such.
        likely = Choice(choices[0].key, choices[0].label, "primary")
        body = ending_body(self.walk, progress)
        return Asking("over", Content(""), body, (likely, *choices[1:]), likely.key)

    def _ask(self, asking: Asking | None) -> None:
        """Put this question in place of the last; the same one is left alone, with whatever has the focus in it."""
        shown = self._shown
        same = shown is not None and asking is not None and _same(shown, asking)
        if same or (shown is None and asking is None):
            return
        self._shown = asking
        self.set_class(asking is not None, "-asking")
        place = self.query_one("#question", Vertical)
        had = self.screen.focused is not None and place in self.screen.focused.ancestors
        place.remove_children()
        if asking is None:
            if had:
                give_keys(self._list)
            return
        mood = {"done": "good", "failed": "bad"}.get(self.walk.view.applied, "")
        place.mount(RunQuestion(asking, mood=mood))
        self.call_after_refresh(self._make_room)

    @property
    def _list(self) -> Widget:
        """What is in sight and can be scrolled."""
        instead = self.has_class("-stages") and not self.has_class("-wide")
        return self.query_one(StageList if instead else HostRows)

    def _keep_keys(self) -> None:
        """What had the keys may be out of sight now; a question keeps them."""
        if self.screen.focused in (None, self.query_one(StageList), self.query_one(HostRows)):
            give_keys(self._list)

    def _make_room(self) -> None:
        """A question takes what it needs; what is long in it scrolls, so that its buttons are always in sight."""
        kept = 5 if self.has_class("-tiny") else 8 if self.has_class("-low") else 14
        for question in self.query(RunQuestion):
            question.limit(max(self.size.height - kept - 2, 2))

    # Going on

    def _pace(self, by: int) -> float | None:
        """The next slower pace, or faster one; None where there is none."""
        tempo = self.walk.tempo
        if tempo is None:
            return None
        others = [one for one in PACES if (one - tempo) * by > 0]
        return min(others, key=lambda one: abs(one - tempo), default=None)

    def _set_pace(self, seconds: float) -> None:
        self.walk.pace(seconds)
        self.refresh_bindings()
        self._draw(self.walk.progress.now())

    def _ask_sudo(self, number: int) -> None:
        """Sudo refused its password: ask for another, and try again with it."""
        from .widgets.passwords import PasswordDialog, Told, hand_on

        asked = (one for one in self.walk.progress.now().asked if isinstance(one, Paused))
        hosts = tuple(one.host for one in asked if one.number == number)

        def typed(told: Told | None) -> None:
            if told is not None:
                hand_on(self.walk, told)
                self.walk.choose(number, "retry")

        self.app.push_screen(PasswordDialog("sudo", hosts), typed)

    def _change_answers(self, number: int) -> None:
        """End the run, and go to the step that the failed operation concerns."""
        asked = (one for one in self.walk.progress.now().asked if isinstance(one, Paused))
        operation = next((one.operation for one in asked if one.number == number), "")
        self.walk.choose(number, "stop")
        self.post_message(self.StepWanted(step_for(operation, tuple(step.id for step in self.walk.steps))))

    def _try_again(self) -> None:
        """A fresh plan from what is true now; the operator has just said that it shall be carried out."""
        self._again = "Reading the hosts and making a fresh plan…"
        lost = [host.host for host in self.walk.progress.now().hosts if host.state == "lost"]
        if lost:
            self.walk.look_again(lost)
        self.walk.review()

    def _made_again(self, fault: str) -> None:
        self._again = ""
        refused = fault or self.walk.confirm()
        if refused:
            self.notify(refused, severity="warning", markup=False)
        else:
            self.walk.start()
        self._draw(self.walk.progress.now())


def _same(one: Asking, other: Asking) -> bool:
    """Whether it is the same question, in the same words."""
    return (one.key, one.title.plain, one.body.plain) == (other.key, other.title.plain, other.body.plain)
