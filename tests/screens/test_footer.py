"""Every key that a footer offers does what its word says, at every step, at every field, in every dialogue.

What is pressed is read from the line of keys itself; what must follow stands in `CASES`, by the class that the key
belongs to and its word. A key without a case fails, and so does a case that is never offered.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Key
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

import screens
from screens.app import WizardApp
from screens.apply import ApplyPane
from screens.findings import FindingsPane
from screens.review import ReviewPane
from screens.step import StepPane
from screens.widgets.choices import Choices
from screens.widgets.configeditor import ConfigDialog, ConfigEditor
from screens.widgets.confirm import Confirm
from screens.widgets.export import Export
from screens.widgets.extra import Extra
from screens.widgets.footer import KeyLine
from screens.widgets.hostform import HostForm
from screens.widgets.hosttable import HostTable
from screens.widgets.optionlist import OptionsDialog
from screens.widgets.passwords import PasswordDialog
from screens.widgets.pause import RunQuestion
from screens.widgets.pick import Pick
from screens.widgets.plantree import PlanTree
from screens.widgets.savefile import SaveFile
from screens.widgets.sshimport import ImportDialog
from screens.widgets.stages import StageList
from screens.widgets.summary import web_address
from tests.unit.test_walk_repair import ANSWERS, BROKEN, Running
from tests.unit.walks import walking
from wizard.walk import Walk

from .conftest import MOMENT, opened, until
from .panes import SPLIT, practising

Kind = TypeVar("Kind", bound=Widget)

SIZE = (80, 24)
"""Where there is little room, more can be turned by keys."""

CLOSING = ("Close", "Exit the command palette")
"""The words of the keys that close a dialogue."""

BREAKS = replace(SPLIT, stays=True)
"""Reading the hosts again does not mend it."""

OTHER_KEY = "web.timeout"
"""A key of Flink's configuration that no step asks for."""


class Staying(WizardApp):
    """The application, which notes that it was to end and goes on."""

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk, clock=lambda: MOMENT)
        self.left: list[object] = []

    def exit(self, result: object = None, return_code: int = 0, message: object = None) -> None:
        del return_code, message
        self.left.append(result)


@dataclass
class Tour:
    """One application, and the cases that were pressed in it."""

    app: Staying
    pilot: Pilot[int]
    pressed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    told: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    """What was pressed beside the steps, where they are all the same."""

    @property
    def walk(self) -> Walk:
        return self.app.walk

    @property
    def line(self) -> KeyLine:
        return self.app.frame.query_one(KeyLine)

    def pane(self, kind: type[Kind]) -> Kind:
        return self.app.frame.query_one(kind)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.app.post_message(Key(key, key_to_character(key)))

    async def until(self, holds: Callable[[], object]) -> None:
        for _ in range(4000):
            if holds():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it never came to hold")

    async def rest(self) -> None:
        """Until everything that has happened is on the screen, and nothing more happens by itself."""
        frame, walk = self.app.frame, self.walk
        waits = walk.view.applied == "running"
        await self.until(
            lambda: (
                (waits or walk.settled(0))
                and not len(frame.mail)
                and not frame._going.locked()
                and frame._viewed == walk.view.serial
            )
        )

    async def give(self, widget: Widget) -> None:
        """Let this widget have the keys; a view that comes meanwhile may give them to what hosts wait for."""
        frame = self.app.frame

        def has_them() -> bool:
            if frame.focused is not widget:
                frame.set_focus(widget)
            return widget.has_focus

        await self.until(has_them)

    async def go(self, step: str) -> None:
        """To this step as if every step before it was visited."""
        place = next(place for place, one in enumerate(self.walk.steps) if one.id == step)
        for one in self.walk.steps[:place]:
            self.walk.visited(one.id)
        if self.app.frame._number != place:
            await self.app.frame.go(place)
        await self.until(lambda: self.app.frame.pane in (getattr(self.app.focused, "ancestors", ()) or ()))
        await self.rest()
        await self.pilot.pause()

    async def in_dialogue(self, kind: type[ModalScreen]) -> None:
        """It is open; every key of its footer, and of its fields, does what it says. It is closed by its own key."""
        await self.until(lambda: isinstance(self.app.screen, kind) and self.app.focused is not None)
        dialogue = self.app.screen
        for widget in stops(dialogue.focus_chain).values():
            dialogue.set_focus(widget)
            await self.every_key(but=CLOSING)
            assert self.app.screen is dialogue
        await self.every_key()
        assert self.app.screen is not dialogue

    async def every_key(self, but: tuple[str, ...] = (), of: str = "", every: bool = True) -> None:
        """Press whatever the line of keys offers now; `every` also those of the walk. The line shows what is offered."""
        await self.until(lambda: self.line.render_line(0).text.strip() == self.line.render().plain)
        own, general = self.line.keys
        top, focused = self.app.screen, self.app.focused
        for key, binding in (*own, *(general if every else ())):
            if binding.description in but or (of and binding.description != of):
                continue
            now = top.active_bindings.get(key)
            assert now is not None and now.enabled, f"{key} ({binding.description}) is offered no more"
            case = (owner_of(now.node, binding), binding.description)
            assert case in CASES, f"{key} in the footer has no case: {case}"
            try:
                await CASES[case](self, key)
            except AssertionError as fault:
                here = f"step {self.app.step.id}, {type(top).__name__}, {focused!r}"
                raise AssertionError(f"{key} of {case} did not do what it says at {here}") from fault
            self.pressed.add(case)
            if self.app.screen is top and focused is not None and focused.is_attached and focused.focusable:
                top.set_focus(focused)

    async def every_stop(self) -> None:
        """Every key of what can have the focus at this step, then those of the walk."""
        frame = self.app.frame
        here: set[tuple[str, ...]] = set()
        for kind in stops(frame.focus_chain):
            # A key that leads to another step and back has made the pane anew.
            widget = stops(frame.focus_chain).get(kind)
            if widget is None:
                continue
            await self.give(widget)
            offered = tuple(f"{key} {one.description}" for key, one in self.line.keys[0])
            told = here if frame.pane in widget.ancestors else self.told
            if offered and (kind[0], *offered) not in told:
                told.add((kind[0], *offered))
                await self.every_key(every=False)
        frame.focus_pane()
        await self.every_key()


def stops(chain: list[Widget]) -> dict[tuple[str, str | None], Widget]:
    """One widget of each kind and name."""
    kinds: dict[tuple[str, str | None], Widget] = {}
    for one in chain:
        kinds.setdefault((type(one).__name__, one.id), one)
    return kinds


def owner_of(node: DOMNode, binding: Binding) -> str:
    """The class that declares this key for the widget that offers it."""
    for kind in type(node).__mro__:
        for one in kind.__dict__.get("BINDINGS", ()):
            if isinstance(one, Binding) and (one.action, one.description) == (
                binding.action,
                binding.description,
            ):
                return kind.__name__
    raise AssertionError(f"nobody declares {binding}")


# What each key does: it is pressed, its effect is awaited, and everything is as before again


Case = Callable[[Tour, str], Awaitable[None]]


def turns(state: Callable[[Tour], object], back: str = "") -> Case:
    """A key that turns something over; pressed again (or `back`) it turns it back."""

    async def case(tour: Tour, key: str) -> None:
        before = state(tour)
        tour.press(key)
        await tour.until(lambda: state(tour) != before)
        tour.press(back or key)
        await tour.until(lambda: state(tour) == before)
        await tour.rest()

    return case


def opens(kind: type[ModalScreen]) -> Case:
    async def case(tour: Tour, key: str) -> None:
        tour.press(key)
        await tour.in_dialogue(kind)

    return case


def copies(text: Callable[[Tour], str | None] = lambda tour: None) -> Case:
    async def case(tour: Tour, key: str) -> None:
        tour.app.copy_to_clipboard("")
        tour.press(key)
        await tour.until(lambda: tour.app.clipboard)
        assert text(tour) in (None, tour.app.clipboard)

    return case


async def reads_again(tour: Tour, key: str) -> None:
    before, names = dict(tour.walk.view.read_at), tour.walk.view.spec.names
    tour.press(key)
    await tour.until(lambda: all(tour.walk.view.read_at.get(one, 0) > before.get(one, 0) for one in names))
    await tour.rest()


async def goes_back(tour: Tour, key: str) -> None:
    """To the step before; from there Next leads here again, but where it is refused."""
    frame, before = tour.app.frame, tour.app.frame._number
    tour.press(key)
    await tour.until(lambda: frame._number == before - 1 and not frame._going.locked())
    if not frame.pane.may_leave():
        tour.press("f8")
        await tour.until(lambda: frame._number == before and not frame._going.locked())
    await tour.go(tour.walk.steps[before].id)


async def goes_on(tour: Tour, key: str) -> None:
    """To the next step, where the tour goes on, or out at the last one; or it is said why not."""
    frame, before = tour.app.frame, tour.app.frame._number
    refused, tour.app.left = frame.pane.may_leave(), []
    last = before + 1 == len(tour.walk.steps)
    frame.moves.say("")
    tour.press(key)
    if refused:
        await tour.until(lambda: refused[:20] in str(frame.moves.query_one("#refusal").render()))
        frame.moves.say("")
    elif last:
        await tour.until(lambda: tour.app.left)
    else:
        await tour.until(lambda: frame._number == before + 1 and not frame._going.locked())


async def leaves(tour: Tour, key: str) -> None:
    """It ends, or asks first where there is something to lose."""
    tour.app.left = []
    tour.press(key)
    await tour.until(lambda: tour.app.left or isinstance(tour.app.screen, Confirm))
    if isinstance(tour.app.screen, Confirm):
        await tour.in_dialogue(Confirm)
        assert not tour.app.left


async def closes(tour: Tour, key: str) -> None:
    top = tour.app.screen
    tour.press(key)
    await tour.until(lambda: tour.app.screen is not top)


async def attends(tour: Tour, key: str) -> None:
    tour.press(key)
    await tour.until(
        lambda: (
            isinstance(tour.app.focused, Button)
            and any(isinstance(one, Extra) and one.urgent for one in tour.app.focused.ancestors)
        )
    )


async def takes_out(tour: Tour, key: str) -> None:
    before = tour.walk.view.answers.pairs_at("flink.config")
    tour.press(key)
    await tour.until(lambda: len(tour.walk.view.answers.pairs_at("flink.config")) == len(before) - 1)
    gone = before.keys() - tour.walk.view.answers.pairs_at("flink.config").keys()
    for one in gone:
        tour.walk.decide(f"flink.config.{one}", before[one])
    await tour.rest()


async def ticks_one_more(tour: Tour, key: str) -> None:
    """The only one that is ticked stays so: to tick none is to leave it as suggested."""
    many = tour.app.focused
    before = many.ticked
    many.highlighted = next(place for place, one in enumerate(many._listed) if one.value not in before)
    tour.press(key)
    await tour.until(lambda: len(many.ticked) == len(before) + 1)
    tour.press("delete")
    await tour.until(lambda: many.ticked == before)


async def goes_to_step(tour: Tour, key: str) -> None:
    frame, before = tour.app.frame, tour.app.frame._number
    await tour.until(lambda: frame.rail.has_focus)
    if before:
        tour.press("up")
        await tour.until(lambda: frame.rail._cursor == before - 1)
        tour.press(key)
        await tour.until(lambda: frame._number == before - 1 and not frame._going.locked())
        await tour.go(tour.walk.steps[before].id)
    else:
        tour.press(key)  # the cursor stands on this step
        await tour.until(lambda: frame.focused is not frame.rail)


async def brings_to_apply(tour: Tour, key: str) -> None:
    button = tour.pane(ReviewPane).query_one("#acts", Choices).button("apply")
    tour.press(key)
    await tour.until(lambda: tour.app.focused is button)


async def searches(tour: Tour, key: str) -> None:
    """With the words come the keys to go from match to match."""
    pane = tour.pane(ReviewPane)
    tour.press(key)
    await tour.until(lambda: tour.app.focused is pane.query_one("#search", Input))
    tour.press(*"conf", "enter")
    await tour.until(lambda: len(pane._hits) > 1 and tour.app.focused is pane.query_one(PlanTree))
    await tour.every_key(of="Next match", every=False)
    tour.press("escape")
    await tour.until(lambda: not pane._hits)


async def goes_to_match(tour: Tour, key: str) -> None:
    pane = tour.pane(ReviewPane)
    before = pane._hit
    tour.press(key)
    await tour.until(lambda: pane._hit == before + 1)


async def tries_again(tour: Tour, key: str) -> None:
    tour.press(key)
    await tour.until(
        lambda: (
            tour.app.step.id == "apply" and "Try again" in [str(one.label) for one in tour.app.query(Button)]
        )
    )
    await tour.go("done")


async def waives(tour: Tour, key: str) -> None:
    pane = tour.pane(FindingsPane)
    before = pane._case.finding.waived
    for wanted in (not before, before):
        tour.press(key)
        await tour.until(lambda wanted=wanted: pane._case.finding.waived is wanted)
        await tour.rest()


def paces(fits: Callable[[float, float], bool]) -> Case:
    async def case(tour: Tour, key: str) -> None:
        before = tour.walk.tempo
        tour.press(key)
        await tour.until(lambda: fits(tour.walk.tempo, before))
        tour.pane(ApplyPane)._set_pace(before)

    return case


async def finds_in_log(tour: Tour, key: str) -> None:
    log = tour.app.frame.log_pane
    tour.press(key)
    await tour.until(lambda: tour.app.focused is log.query_one("#log-find", Input))
    tour.press("escape")
    await tour.until(lambda: tour.app.focused is log.lines)


async def leaves_log(tour: Tour, key: str) -> None:
    frame = tour.app.frame
    tour.press(key)
    await tour.until(lambda: frame.pane in (getattr(frame.focused, "ancestors", ()) or ()))


async def closes_teaching(tour: Tour, key: str) -> None:
    frame = tour.app.frame
    tour.press(key)
    await tour.until(lambda: not frame.teaching)
    tour.press("f1")
    await tour.until(lambda: frame.teaching and frame.focused is frame.teach)


def _text(tour: Tour) -> object:
    return tour.app.focused.text


CASES: dict[tuple[str, str], Case] = {
    ("Frame", "Help"): turns(lambda tour: tour.app.frame.teaching),
    ("Frame", "Log"): turns(lambda tour: tour.app.frame.log_pane.mode == "line"),
    ("Frame", "Read again"): reads_again,
    ("Frame", "Back"): goes_back,
    ("Frame", "Next"): goes_on,
    ("WizardApp", "Quit"): leaves,
    ("Rail", "Go to this step"): goes_to_step,
    ("TeachPane", "Copy"): copies(),
    ("TeachPane", "Close"): closes_teaching,
    ("LogPane", "Find"): finds_in_log,
    ("LogPane", "Host"): opens(Pick),
    ("LogPane", "Details"): turns(lambda tour: tour.app.frame.log_pane.lines.details),
    ("LogPane", "Save"): opens(SaveFile),
    ("LogPane", "Copy"): copies(),
    ("LogPane", "Leave"): leaves_log,
    ("LineField", "Choose"): opens(OptionsDialog),
    ("ChoiceField", "Choose"): opens(OptionsDialog),
    ("FlagField", "Tick"): turns(_text, "delete"),
    ("ManyField", "Tick"): ticks_one_more,
    ("TickList", "Tick"): turns(lambda tour: tour.app.focused.ticked),
    ("StepPane", "See to it"): attends,
    ("FindingRow", "Details"): turns(lambda tour: tour.app.focused.opened),
    ("ConfigEditor", "Take out"): takes_out,
    ("FindingsPane", "Hosts × findings"): turns(lambda tour: tour.app.frame.query_one("#matrix").display),
    ("FindingsPane", "Mend or not"): turns(lambda tour: tour.walk.is_ticked(tour.pane(FindingsPane)._case.finding)),
    ("FindingsPane", "Waive"): waives,
    ("ReviewPane", "Apply…"): brings_to_apply,
    ("ReviewPane", "Search"): searches,
    ("ReviewPane", "Next match"): goes_to_match,
    ("ReviewPane", "Order"): turns(lambda tour: tour.pane(PlanTree).order),
    ("ReviewPane", "Export"): opens(Export),
    ("ApplyPane", "Cancel"): turns(
        lambda tour: [one.asking.key for one in tour.app.query(RunQuestion)] == ["cancel"]
    ),
    ("ApplyPane", "Stages"): turns(lambda tour: tour.pane(StageList).display),
    ("ApplyPane", "Slower"): paces(lambda now, before: now > before),
    ("ApplyPane", "Faster"): paces(lambda now, before: now < before),
    ("ApplyPane", "At once"): paces(lambda now, before: now == 0 < before),
    ("DonePane", "Copy the web address"): copies(lambda tour: web_address(tour.walk.view)),
    ("DonePane", "Try again"): tries_again,
    ("CommandPalette", "Exit the command palette"): closes,
    **{
        (kind.__name__, "Close"): closes
        for kind in (
            ConfigDialog, Confirm, Export, HostForm, ImportDialog, OptionsDialog, PasswordDialog, Pick, SaveFile
        )
    },
}  # fmt: skip
"""(class that declares the key, its word) → what must follow."""


# Where they are offered


@asynccontextmanager
async def touring(walk: Walk) -> AsyncIterator[Tour]:
    app = Staying(walk)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.frame.pane is not None and walk.settled(0))
        yield Tour(app, pilot)


async def through_an_install(tour: Tour) -> None:
    walk, app = tour.walk, tour.app
    walk.decide(f"flink.config.{OTHER_KEY}", "2")
    for step in walk.steps[: [one.id for one in walk.steps].index("review")]:
        if step.id in ("hosts", "requirements"):
            walk.choose_trouble({"hosts": "password", "requirements": "no-java"}[step.id])
        await tour.go(step.id)
        if step.id == "hosts":
            tour.pane(StepPane).query_one("#type-password", Button).press()
            await tour.in_dialogue(PasswordDialog)
            await tour.give(tour.pane(HostTable))
            tour.press("down", "enter")
            await tour.in_dialogue(HostForm)
            await beside_the_steps(tour)
        if step.id == "flink-config":
            tour.pane(ConfigEditor).query_one("#add-key", Button).press()
            await tour.in_dialogue(ConfigDialog)
        await tour.every_stop()
    tour.press("ctrl+p")
    await tour.in_dialogue(CommandPalette)
    assert app.step.id == "review"


async def beside_the_steps(tour: Tour) -> None:
    """Every key of the help and of the log."""
    frame = tour.app.frame
    for key, reader in (("f1", frame.teach), ("f2", frame.log_pane.lines)):
        tour.press(key)
        await tour.until(lambda reader=reader: frame.focused is reader)
        await tour.every_key(every=False)
        await tour.give(reader)
        tour.press(key)
        await tour.until(lambda reader=reader: frame.focused is not reader)


async def through_a_run_that_fails(tour: Tour) -> None:
    walk = tour.walk
    await tour.go("review")
    await tour.every_stop()
    for step in ("apply", "done"):
        await tour.go(step)
        await tour.every_key()
    await tour.go("review")
    assert walk.confirm() == ""
    tour.press("f8")
    await tour.until(lambda: walk.progress.now().asked and tour.app.screen.query(RunQuestion))
    for pace in (0.0, 1.5, 0.15):
        tour.pane(ApplyPane)._set_pace(pace)
        await tour.every_key(every=False)
    await tour.every_stop()
    await tour.go("review")
    await tour.every_key()
    walk.choose(walk.progress.now().asked[0].number, "stop")
    await tour.until(lambda: walk.view.applied == "failed")
    for step in ("apply", "done"):
        await tour.go(step)
        await tour.every_stop()


async def through_a_repair(tour: Tour) -> None:
    for step in tour.walk.steps[1:4]:
        await tour.go(step.id)
        if step.id == "findings":
            options = tour.pane(FindingsPane).query_one(OptionList)
            for place in range(options.option_count):
                options.highlighted = place
                await tour.pilot.pause()
                tour.app.frame.set_focus(options)
                await tour.every_key(every=False)
        await tour.every_stop()


async def through_answers_that_are_missing(tour: Tour) -> None:
    for step in ("welcome", "hosts", "review", "apply"):
        await tour.go(step)
        await tour.every_stop()
        if step == "hosts":
            tour.pane(StepPane).query_one("#import", Button).press()
            await tour.in_dialogue(ImportDialog)


async def to_a_cluster(tour: Tour) -> None:
    await tour.go("review")
    assert tour.walk.confirm() == ""
    tour.press("f8")
    await tour.until(lambda: tour.walk.view.applied == "done")
    for step in ("apply", "done"):
        await tour.go(step)
        await tour.every_stop()


@dataclass(frozen=True)
class Way:
    """A tour: the walk that it begins with, where it leads, and the classes whose keys must come up on it."""

    opened: Callable[[Path], AbstractContextManager[Walk]]
    leads: Callable[[Tour], Awaitable[None]]
    meets: str


ALWAYS = "Frame WizardApp Rail "
"""Classes whose keys come up on every way."""

ONLY = {
    ("Frame", "Read again"): "install",
    ("DonePane", "Try again"): "a run that fails",
    ("DonePane", "Copy the web address"): "a cluster is there",
}
"""Keys that come up on this way, and not on every one that meets their class."""

WAYS = {
    "install": Way(
        lambda place: practising(),
        through_an_install,
        "TeachPane LogPane Pick SaveFile LineField ChoiceField FlagField ManyField OptionsDialog StepPane FindingRow "
        "ConfigEditor ConfigDialog HostForm PasswordDialog CommandPalette",
    ),
    "a run that fails": Way(
        lambda place: practising(BREAKS), through_a_run_that_fails, "ReviewPane Export Confirm ApplyPane"
    ),
    "repair": Way(
        lambda place: walking(place / "repair", Running(case=BROKEN), use="repair", answers=ANSWERS),
        through_a_repair,
        "FindingsPane",
    ),
    "nothing is answered": Way(
        lambda place: opened("install", state_dir=str(place / "state")),
        through_answers_that_are_missing,
        "ImportDialog TickList",
    ),
    "a cluster is there": Way(lambda place: walking(place / "install"), to_a_cluster, ""),
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_key_of_every_footer_does_what_it_says(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host lab1 lab2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with WAYS[way].opened(tmp_path) as walk:
        async with touring(walk) as tour:
            await WAYS[way].leads(tour)
    assert must_meet(way) - tour.pressed == set(), "these are offered nowhere"


def must_meet(way: str) -> set[tuple[str, str]]:
    """What comes up on this way."""
    kinds = (ALWAYS + WAYS[way].meets).split()
    met = {case for case in CASES if case[0] in kinds} - set(ONLY)
    return met | {case for case, where in ONLY.items() if where == way}


def test_every_case_comes_up_on_some_way() -> None:
    assert set().union(*map(must_meet, WAYS)) == set(CASES)


def test_every_key_that_a_footer_may_show_has_a_case() -> None:
    declared: set[tuple[str, str]] = set()
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and kind.__module__ == module.name:
                shown = [
                    one for one in kind.__dict__.get("BINDINGS", ()) if isinstance(one, Binding) and one.show
                ]
                declared |= {(kind.__name__, one.description) for one in shown if one.description}
    assert declared == set(CASES) - {("CommandPalette", "Exit the command palette")}
