"""The review: the plan host by host, with every command and every file, and the one confirmation of the walk.

Shows what the walk has previewed. It must not know how a plan is made; nothing is confirmed here but by its button.
"""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from wizard import events
from wizard.events import Event
from wizard.steps import Step
from wizard.view import View
from wizard.walk import Reviewed, Walk
from wizard.words import counted, name_of

from .widgets.choices import Choice, Choices
from .widgets.diff import command_content, list_content, step_content
from .widgets.export import Export
from .widgets.headline import Headline
from .widgets.hung import Hung
from .widgets.inked import MUTED, ink, lines, marked
from .widgets.pane import Pane, taken_away
from .widgets.planproblems import left_content, problems_content
from .widgets.plantree import PlanTree, Spot
from .widgets.search import Found, Index

WIDE = 96
"""Columns from which the plan and its detail stand side by side."""

LOW = 24
"""Lines below which the pane leaves out what it can."""


class ReviewPane(Pane):
    DEFAULT_CSS = """
    ReviewPane { layout: vertical; height: 1fr; }
    ReviewPane #problems { height: auto; max-height: 8; margin: 1 0 0 0; scrollbar-size-vertical: 1; }
    ReviewPane.-low #problems { max-height: 4; margin: 0; }
    ReviewPane.-refused #problems { max-height: 8; }
    ReviewPane #plan { height: 1fr; layout: vertical; margin: 1 0 0 0; }
    ReviewPane.-low #plan { margin: 0; }
    ReviewPane PlanTree { height: 1fr; min-height: 3; }
    ReviewPane #detail {
        height: 1fr; min-height: 3; border-top: solid $border; padding: 0; scrollbar-size-vertical: 1;
    }
    ReviewPane #detail:focus { border-top: solid $primary; }
    ReviewPane.-wide #plan { layout: horizontal; }
    ReviewPane.-wide PlanTree { width: 2fr; height: 1fr; }
    ReviewPane.-wide #detail {
        width: 3fr; height: 1fr; border-top: none; border-left: solid $border; padding: 0 0 0 2;
    }
    ReviewPane.-wide #detail:focus { border-left: solid $primary; }
    ReviewPane #search { height: 1; border: none; padding: 0; background: $surface; display: none; }
    ReviewPane.-searching #search { display: block; }
    ReviewPane #foot { height: auto; margin: 1 0 0 0; }
    ReviewPane.-low #foot { margin: 0; }
    ReviewPane.-empty #detail { visibility: hidden; }
    """

    BINDINGS = [
        Binding("a", "to_apply", "Apply…"),
        Binding("slash", "search", "Search"),
        Binding("n", "found(1)", "Next match"),
        Binding("N", "found(-1)", "Match before", show=False),
        Binding("o", "order", "Order"),
        Binding("e", "export", "Export"),
        Binding("escape", "end_search", "End the search", show=False),
    ]

    def __init__(self, walk: Walk, step: Step) -> None:
        super().__init__(walk, step)
        self._made: Reviewed | None = None
        self._waiting = False
        self._fault = ""
        self._read: set[str] = set()
        self._index: Index | None = None
        self._hits: tuple[Found, ...] = ()
        self._hit = -1

    def compose(self) -> ComposeResult:
        yield Headline(self.step.title, self.step.purpose)
        with VerticalScroll(id="problems"):
            yield Hung(id="problems-text")
        with Container(id="plan"):
            yield PlanTree(id="tree")
            with VerticalScroll(id="detail"):
                yield Static("", id="detail-text", markup=False)
        field = Input(placeholder="search the plan; Enter, then n and N go from match to match", id="search")
        field.cursor_blink = False
        yield field
        with Vertical(id="foot"):
            yield Choices(
                (Choice("apply", "Apply", "primary"), Choice("export", "Export…")), id="acts", row=True
            )

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one("#tree").focus()
        self._draw()
        self._begin()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height < LOW, "-low")

    # What happens

    def show(self, view: View) -> None:
        """See `Pane.show`. Answers that change make the review an old one: it is made again."""
        if not self._waiting and not self._fault and view.applied != "running" and self.walk.reviewed is None:
            self._begin()

    def take(self, event: Event) -> None:
        """See `Pane.take`."""
        match event:
            case events.HostLooked() if self._waiting:
                self._read.add(event.host)
                self._say()
            case events.ReviewMade():
                self._waiting = False
                self._fault = event.fault
                if not event.fault and self.walk.reviewed is None:
                    self._begin()
                else:
                    self._draw()
            case events.RunFinished():
                self._begin()
            case events.Exported():
                self._exported(event)
            case _:
                pass

    def may_leave(self) -> str:
        """See `Pane.may_leave`: nothing but the button confirms."""
        made = self.walk.reviewed
        if self.walk.confirmed or self.walk.view.applied != "no":
            return ""
        if self._waiting:
            return "The plan is being made."
        if made is None:
            return self._fault or "There is no plan yet."
        return made.refused or f"Press “{self._label(made)}” first, or go back to change something."

    def on_plan_tree_looked(self, event: PlanTree.Looked) -> None:
        event.stop()
        self._detail(event.spot)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        if event.key == "export":
            self.action_export()
            return
        refused = self.walk.confirm()
        if refused:
            self.notify(refused, severity="warning", markup=False)
            self._draw()
        else:
            self.post_message(self.NextWanted())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._search(event.value)
        self.query_one("#tree").focus()

    # Keys

    def action_to_apply(self) -> None:
        """Bring the focus to the button: it is pressed with Enter."""
        self.query_one("#acts", Choices).button("apply").focus()

    def action_search(self) -> None:
        self.add_class("-searching")
        self.query_one("#search", Input).focus()

    def action_found(self, by: int) -> None:
        """To the next match, or the one before."""
        if self._hits:
            self._hit = (self._hit + by) % len(self._hits)
            found = self._hits[self._hit]
            self.query_one(PlanTree).go_to(found.step, found.command)
            self._say()

    def action_order(self) -> None:
        """Hosts first, or stages first."""
        tree = self.query_one(PlanTree)
        if self._made is not None:
            tree.fill(self._made.outline, "stage" if tree.order == "host" else "host")
            tree.focus()
            self._say()

    def action_export(self) -> None:
        self.app.push_screen(_Export(self, f"{self.walk.view.answers.get('cluster') or 'flink'}-plan"))

    def action_end_search(self) -> None:
        self.remove_class("-searching")
        self._hits, self._hit = (), -1
        self.query_one("#tree").focus()
        self._say()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not offered; Escape is ours while something is searched."""
        del parameters
        made = self._made
        match action:
            case "to_apply":
                return made is not None and not made.refused and self.walk.view.applied != "running"
            case "search" | "order":
                return made is not None and bool(made.outline.steps)
            case "found":
                return bool(self._hits)
            case "export":
                return made is not None
            case "end_search":
                return self.has_class("-searching")
            case _:
                return True

    # Drawing

    def _begin(self) -> None:
        if self.walk.reviewed is not None:
            self._draw()
            return
        if self.walk.view.applied == "running":
            self._fault = ""
            self._draw()
            return
        self._waiting, self._fault = True, ""
        self._read.clear()
        self.walk.review()
        self._draw()

    def _draw(self) -> None:
        made = self.walk.reviewed
        tree = self.query_one(PlanTree)
        if made is not self._made:
            self._made = made
            self._index = None
            self._hits, self._hit = (), -1
            if made is not None:
                tree.fill(made.outline, tree.order)
        self.set_class(made is None or not made.outline.steps, "-empty")
        self.set_class(made is not None and bool(made.refused), "-refused")
        problems = problems_content(self.walk, made) if made is not None else None
        self.query_one("#problems").display = problems is not None
        if problems is not None:
            self.query_one("#problems-text", Static).update(problems)
        acts = self.query_one("#acts", Choices)
        apply, export = acts.button("apply"), acts.button("export")
        acts.rename("apply", self._label(made))
        apply.disabled = made is None or bool(made.refused) or self.walk.view.applied == "running"
        export.disabled = made is None
        self._say()

    def _label(self, made: Reviewed | None) -> str:
        if made is None:
            return "Apply"
        changes = made.outline.changes
        if not changes:
            return "Verify now"
        if self.walk.use == "dry-run":
            return "Play the plan"
        return f"Apply {counted(changes, 'change')} on {counted(made.outline.machines, 'machine')}"

    def _say(self) -> None:
        self.query_one(Headline).say(self._state())
        self.refresh_bindings()

    def _state(self) -> Content:
        view, made = self.walk.view, self._made
        if view.applied == "running":
            return marked("wait", "A run is going on. The plan is made again once it has ended.")
        if self._waiting:
            read = f" {counted(len(self._read), 'host')} read." if self._read else ""
            return marked("wait", f"Reading the hosts and making the plan…{read}")
        if self._fault:
            return marked("bad", self._fault)
        if made is None:
            return marked("wait", "The plan is made in a moment.")
        parts: list[Content] = []
        if made.outline.changes:
            proofs = sum(step.proof for step in made.outline.steps)
            said = f"{counted(made.outline.changes, 'change')} on {counted(made.outline.machines, 'machine')}"
            parts.append(marked("at", said + (f", {counted(proofs, 'proof')}" if proofs else ""), "bold"))
        else:
            parts.append(marked("good", "Nothing to change: the hosts are as you asked."))
        if self._hits:
            parts.append(ink(f"match {self._hit + 1} of {len(self._hits)}", "$text-accent"))
        elif self._hit == -2:
            parts.append(ink("no match", "$text-warning"))
        elif self.walk.use == "practice":
            parts.append(ink("nothing is real", MUTED))
        elif self.walk.use == "dry-run":
            parts.append(ink("nothing is changed", MUTED))
        return Content("  ").join(parts)

    def _detail(self, spot: Spot) -> None:
        made = self._made
        if made is None:
            return
        steps = made.outline.steps
        if spot.command is not None:
            said = command_content(steps[spot.steps[0]].commands[spot.command])
        elif spot.single:
            said = step_content(steps[spot.steps[0]], name_of(steps[spot.steps[0]].host))
        else:
            held = [steps[number] for number in spot.steps]
            commands = [command for step in held for command in step.commands]
            said = list_content(
                name_of(spot.host) if spot.host else spot.stage,
                (
                    (
                        sum(not step.proof for step in held),
                        "operation that changes something",
                        "operations that change something",
                    ),
                    (len(commands), "command", "commands"),
                    (sum(bool(command.writes) for command in commands), "file written", "files written"),
                    (sum(step.proof for step in held), "proof", "proofs"),
                ),
            )
            left = left_content(made, spot.host) if spot.host else None
            if left is not None:
                said = lines([said, Content(""), left])
        self.query_one("#detail-text", Static).update(said)
        self.query_one("#detail").scroll_home(animate=False)

    # Searching and exporting

    def _search(self, text: str) -> None:
        if self._made is None:
            return
        if self._index is None:
            self._index = Index(self._made.outline)
        self._hits = self._index.find(text)
        self._hit = -1
        if self._hits:
            self.action_found(1)
        else:
            self._hit = -2 if text.strip() else -1
            self._say()

    def _exported(self, event: events.Exported) -> None:
        asking = self.app.screen
        if isinstance(asking, Export):
            asking.answered(event)
        if not event.there and not event.fault:
            self.notify(f"Written: {event.path}", markup=False)


class _Export(Export):
    """The export dialog of this pane: its messages do not reach the pane below by themselves."""

    def __init__(self, pane: ReviewPane, stem: str) -> None:
        super().__init__(stem)
        self._pane = pane

    def on_export_wanted(self, event: Export.Wanted) -> None:
        event.stop()
        wish = replace(event.wish)
        self._pane.walk.export_to(wish.form, wish.path, replace=wish.replace)
