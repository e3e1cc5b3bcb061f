"""Three front ends, one truth: what is typed on the screens and line by line gives the plan of `apply --dry-run`.

Each file of `tests/golden/plans` is applied as it is; then its answers are typed, question by question, into either
front end on the imagined cluster, beginning with nothing.
"""

from __future__ import annotations

import argparse
import io
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.plain.console import Console
from screens.plain.talk import Talk
from screens.plain.walking import Walking as Lines
from screens.step import StepPane
from screens.widgets.field import ChoiceField, FlagField, ManyField
from screens.widgets.question import QuestionRow
from tests.unit.test_walk_repair import ANSWERS, BROKEN, Running
from tests.unit.walks import walking
from wizard import __version__
from wizard.answers import Answers, build_spec, parse_answers
from wizard.commands import Command, Upload
from wizard.events import nowhere
from wizard.findings import ticked
from wizard.opening import open_walk
from wizard.options import parse
from wizard.practice import PracticeReach
from wizard.preview import Preview
from wizard.questions import Question, answer_text
from wizard.rehearsal import Tempo
from wizard.scenarios import practice_scenario
from wizard.session import Session
from wizard.shelf import new_run, source_of
from wizard.spec import ClusterSpec
from wizard.unattended.apply import looked
from wizard.unattended.opening import opened, read_file
from wizard.walk import Walk

from .album import STILL
from .conftest import app_of, until

FILES = {file.stem: file for file in sorted((Path(__file__).parents[1] / "golden" / "plans").glob("*.yaml"))}

Plan = list[tuple[str, str, str, tuple[object, ...]]]


def plan_of(preview: Preview) -> Plan:
    """Host, operation, title and commands of everything that would be done, in order, and what is proved."""
    done = [(one.host, one.operation, one.title, tuple(map(_told, one.commands))) for one in preview.done]
    return done + [(host, "", title, ()) for stage in preview.stages for host, title in stage.proofs]


def _told(command: Command) -> object:
    """The copy of the answers on the master is compared by what it says: front ends write it in an order of their own."""
    if isinstance(command, Upload) and command.path.endswith("/answers.yaml"):
        return command.path, dict(parse_answers(command.content).values)
    return command


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """`apply --dry-run` of a file, with imagined hosts in the place of real ones."""

    def parts(spec: ClusterSpec, *rest: object):
        del rest
        return PracticeReach(practice_scenario(), Tempo(0.0), times=STILL).parts(spec)

    monkeypatch.setattr("wizard.unattended.opening.real_parts", parts)
    monkeypatch.setattr("wizard.unattended.opening.new_run", lambda: new_run(STILL))

    def apply(file: Path) -> tuple[ClusterSpec, Plan]:
        options = parse(["apply", str(file), "--dry-run", "--state-dir", str(tmp_path)], __version__)
        with opened(options, read_file(str(file)), str(file), quiet=True, journal=False) as door:
            look, status = looked(door)
            assert status is None
            preview = door.session.preview(door.session.plan(look.desired, look.facts))
            return door.spec, plan_of(preview)

    return apply


@contextmanager
def from_nothing() -> Generator[Walk]:
    """A practice walk that is not answered yet."""
    scenario = replace(practice_scenario(), answers="version: 1\n")
    with open_walk(
        argparse.Namespace(state_dir=None, trouble="nothing"), "practice", scenario, STILL
    ) as walk:
        walk.pace(0.0)
        walk._settle = 0.02
        yield walk


def typed(walk: Walk, wanted: Answers, question: Question) -> str:
    """What is typed for these answers; "" where they leave the question open."""
    text = answer_text(replace(walk.view, answers=wanted), question)
    if question.path == "hdfs.format" and text == "if-empty":
        return wanted.text_at("cluster") or ""
    return text


# On the screens


async def through_screens(walk: Walk, wanted: Answers) -> None:
    app = app_of(walk)
    async with app.run_test(size=(100, 50)) as pilot:
        for step in walk.steps:
            await until(pilot, lambda to=step.id: on_way(app, to))
            if step.id == "review":
                break
            if isinstance(app.frame.pane, StepPane):
                await answered(app, pilot, wanted)
            await quiet(app, pilot)
            app.post_message(Key("f8", None))
        await until(pilot, lambda: walk.reviewed is not None and walk.settled(0))


def on_way(app: WizardApp, step: str) -> bool:
    refused = str(app.frame.moves.query_one("#refusal").render())
    assert not refused, refused
    return app.frame.pane is not None and app.step.id == step


async def quiet(app: WizardApp, pilot: Pilot[int]) -> None:
    await until(
        pilot,
        lambda: app.walk.settled(0) and app.frame._viewed == app.walk.view.serial and not len(app.frame.mail),
    )


async def answered(app: WizardApp, pilot: Pilot[int], wanted: Answers) -> None:
    """Type what is wanted into the fields of this step; an answer may bring further fields."""
    pane = app.query_one(StepPane)
    told: set[str] = set()
    while True:
        await quiet(app, pilot)
        await until(pilot, lambda: all(row.is_mounted for row in pane._rows.values()))
        rows = [row for path, row in pane._rows.items() if path not in told]
        if not rows:
            return
        told.add(rows[0].question.path)
        text = typed(app.walk, wanted, rows[0].question)
        if text and rows[0].text != text:
            await fill(app, pilot, rows[0], text)
            await until(pilot, lambda row=rows[0]: not row._dirty)


async def fill(app: WizardApp, pilot: Pilot[int], row: QuestionRow, text: str) -> None:
    field = row.field
    app.frame.set_focus(field)
    await until(pilot, lambda: field.has_focus)
    match field:
        case ChoiceField():
            free = [one.value for one in field._options if not one.disabled]
            holds = field.text or field._suggested
            by = free.index(text) - (free.index(holds) if holds in free else 0)
            keys = ["right" if by > 0 else "left"] * abs(by) if by else ["right", "left"]
            await pilot.press(*keys)
        case FlagField():
            while field.text != text:
                await pilot.press("space")
        case ManyField():
            for place, one in enumerate(field._listed):
                if (one.value in field.ticked) != (one.value in text.split(", ")):
                    field.highlighted = place
                    await pilot.press("space")
        case _:
            app.post_message(Paste(text))
    await until(pilot, lambda: field.text == text)
    row.commit()


# Line by line


class Typing(Console):
    """Somebody who answers every prompt of line mode with what is wanted, and leaves at the review."""

    def __init__(self, walk: Walk, wanted: Answers) -> None:
        super().__init__(walk.mask, io.StringIO(), simple=True)
        self._walk, self._wanted = walk, wanted
        self._step = ""

    def say(self, text: str = "", indent: str = "") -> None:
        super().say(text, indent)
        if text.startswith("Step "):
            self._step = text.partition(": ")[2]

    def read(self, prompt: str) -> str:
        if prompt == "Number:":
            return "quit"
        step = next((one for one in self._walk.steps if one.title == self._step), None)
        for question in step.asks(self._walk.view) if step is not None else ():
            if prompt.startswith((f"{question.title} [", f"{question.title}:")):
                text = typed(self._walk, self._wanted, question)
                return ", ".join(text.split("\n"))
        return ""

    def read_secret(self, prompt: str) -> str:
        del prompt
        return ""


def through_lines(walk: Walk, wanted: Answers) -> None:
    Lines(walk, Talk(Typing(walk, wanted))).run()


@pytest.mark.parametrize("name", FILES)
async def test_the_screens_end_in_the_plan_of_apply(name: str, applied) -> None:
    spec, plan = applied(FILES[name])
    assert len(plan) > 20
    with from_nothing() as walk:
        await through_screens(walk, parse_answers(FILES[name].read_text()))
        assert walk.view.spec == spec
        assert walk.preview is not None and plan_of(walk.preview) == plan


@pytest.mark.parametrize("name", FILES)
def test_the_lines_end_in_the_plan_of_apply(name: str, applied) -> None:
    spec, plan = applied(FILES[name])
    with from_nothing() as walk:
        through_lines(walk, parse_answers(FILES[name].read_text()))
        assert walk.view.spec == spec
        assert walk.preview is not None and plan_of(walk.preview) == plan


# A repair


def mended() -> Plan:
    """The plan of what is ticked from the beginning, as a session makes it."""
    reach = Running(case=BROKEN)
    answers = parse_answers(ANSWERS)
    spec = build_spec(answers, is_here=lambda host: False)
    session = Session(spec, reach.parts(spec), source_of(spec), new_run(STILL), nowhere, threading.Event())
    look = session.inspect()
    return plan_of(session.preview(session.repair_plan(look, ticked(look.findings, {}))))


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Walk]:
    with walking(tmp_path, Running(case=BROKEN), use="repair", answers=ANSWERS, times=STILL) as walk:
        yield walk


async def test_the_screens_of_a_repair_end_in_the_plan_of_its_fixes(broken: Walk) -> None:
    await through_screens(broken, parse_answers(ANSWERS))
    assert broken.preview is not None and plan_of(broken.preview) == mended()


def test_the_lines_of_a_repair_end_in_the_plan_of_its_fixes(broken: Walk) -> None:
    through_lines(broken, parse_answers(ANSWERS))
    assert broken.preview is not None and plan_of(broken.preview) == mended()
