"""From step to step in line mode: questions, what was seen, and where to go from there; and the end of it all.

Knows the order of a conversation. It must not know the words of any step, nor decide what an answer means.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from wizard.findings import mendable
from wizard.questions import Question, given
from wizard.steps import Step
from wizard.steps.typed import names
from wizard.view import Use
from wizard.walk import Walk
from wizard.wanted import hosts_refusing, hosts_wanting
from wizard.words import name_of

from . import looking
from .applying import apply
from .asking import NEEDED, ask, explained
from .closing import close, farewell
from .hearing import Ear
from .keys import ask_keys
from .moving import Go
from .reviewing import review
from .talk import Back, Leave, Onward, Talk
from .welcoming import name_cluster, welcome

UNREAL: Mapping[Use, str] = MappingProxyType(
    {"dry-run": "Dry run: nothing is changed.", "practice": "Practice: nothing here is real."}
)
"""Said at the beginning of every step of these uses."""


class Walking:
    """One walk, one conversation."""

    def __init__(self, walk: Walk, talk: Talk) -> None:
        self.walk = walk
        self.talk = talk
        self._ear = Ear(walk)
        self._order = tuple(step.id for step in walk.steps)
        self._declined: object = None
        """Logins and host keys that were asked about and left as they are: they are not asked about at every step."""

    def run(self) -> int:
        """Walk until the operator leaves or is done; the exit status."""
        self.talk.console.say("flink-wizard, line by line. Type ? at any prompt to hear what may be typed.")
        at = 0
        while at < len(self.walk.steps):
            try:
                at = self._go(at)
            except Leave:
                break
            except KeyboardInterrupt:
                try:
                    self.talk.interrupted()
                except Leave:
                    break
        farewell(self.walk, self.talk)
        return int(self.walk.status)

    def _go(self, at: int) -> int:
        """One step; the number of the next one."""
        step = self.walk.steps[at]
        self.walk.visited(step.id)
        self._begin(step, at)
        try:
            match step.id:
                case "review":
                    review(self.walk, self.talk, self._ear)
                case "apply":
                    apply(self.walk, self.talk, self._ear)
                case "done":
                    close(self.walk, self.talk)
                case _:
                    self._ordinary(step, at)
        except Back:
            if at == 0:
                self.talk.console.say("This is the first step.")
                return 0
            # A run is no place to go back to: what comes before it is the review.
            return at - 1 if step.id != "done" else self._order.index("review")
        except Go as go:
            return self._order.index(go.step)
        return at + 1

    def _begin(self, step: Step, at: int) -> None:
        say = self.talk.console.say
        say()
        say(f"Step {at + 1} of {len(self.walk.steps)}: {step.title}")
        unreal = UNREAL.get(self.walk.use)
        if unreal:
            say(unreal)
        say(step.purpose)
        self._explain(step)

    def _explain(self, step: Step, question: Question | None = None) -> None:
        """From now on ? tells what this step is for and what one would type by hand."""

        def explain() -> None:
            view, console = self.walk.view, self.talk.console
            console.say(step.purpose)
            if question is not None:
                console.say(question.help)
                for line in explained(view, question):
                    console.say(line)
            console.say("By hand one would type:")
            for part in step.by_hand(view):
                console.say(f"{part.title}:")
                for line in part.lines:
                    console.line(f"  {line}")

        self.talk.explain = explain

    # A step with questions and a table

    def _ordinary(self, step: Step, at: int) -> None:
        if step.id == "welcome":
            welcome(self.walk, self.talk)
        if step.id not in ("welcome", "hosts"):
            looking.wait(self.walk, self.talk)
        number = 0
        while True:
            try:
                self._questions(step, number)
                if step.id == "welcome":
                    name_cluster(self.walk, self.talk)
                self._explain(step)
                self._seen(step, at)
                return
            except _Again as again:
                number = again.number

    def _questions(self, step: Step, number: int) -> None:
        """The questions from that one on; those that answers leave to be asked may change meanwhile."""
        while True:
            asks = step.asks(self.walk.view)
            if number >= len(asks):
                break
            one = asks[number]
            self._explain(step, one)
            try:
                ask(self.walk, self.talk, one, f"{number + 1} of {len(asks)}")
                number += 1
            except Back:
                if number == 0:
                    raise
                number -= 1
            except Onward:
                number = self._missing(step, number)
        if step.id == "flink-config":
            try:
                ask_keys(self.walk, self.talk, step.asks(self.walk.view))
            except Back:
                raise _Again(len(step.asks(self.walk.view)) - 1) from None
            except Onward:
                return

    def _missing(self, step: Step, number: int) -> int:
        """The next question that cannot be passed over, or the number behind the last one."""
        asks = step.asks(self.walk.view)
        for later, one in enumerate(asks[number:], number):
            if (
                one.required
                and given(self.walk.view, one.path) is None
                and one.suggest(self.walk.view) is None
            ):
                if later == number:
                    self.talk.console.say(f"{one.title}: {NEEDED}")
                return later
        return len(asks)

    def _seen(self, step: Step, at: int) -> None:
        """What was seen on the hosts, and what to do next."""
        asks = step.asks(self.walk.view)
        looking.wait(self.walk, self.talk)
        if step.columns and self.walk.view.spec is not None and self._open_logins() != self._declined:
            self._logins(asks)
        looking.look(self.walk, self.talk, step)
        while (chosen := self._next(step, at)) != "on":
            match chosen:
                case "questions":
                    raise _Again(0)
                case "again":
                    self.walk.look_again()
                    looking.wait(self.walk, self.talk)
                    self._logins(asks)
                case "logins":
                    self._logins(asks)
                case "sudo":
                    typed = self.talk.secret("Password for sudo, or Enter for none:")
                    if typed:
                        self.walk.password(typed, sudo=True)
                case "mend":
                    self._mend(step)
                case "waive":
                    self._waive(step)
                case _:
                    pass
            looking.wait(self.walk, self.talk)
            looking.look(self.walk, self.talk, step, every=chosen == "every")

    def _next(self, step: Step, at: int) -> str:
        view = self.walk.view
        asks = step.asks(view)
        following = self.walk.steps[at + 1].title
        options = [("on", f"Go on to {following}.")]
        if asks:
            options.append(("questions", "Answer this step again."))
        if view.spec is not None and step.columns:
            options.append(("again", "Read the hosts again."))
            if view.new_keys or hosts_refusing(view):
                options.append(("logins", "Confirm host keys, or type a password or passphrase."))
            if step.id == "requirements" and any(seen.sudo == "password" for seen in view.facts):
                asking = hosts_wanting(view, "sudo")
                needed = f"; the plan needs it on {names(asking, 4)}" if asking else ""
                options.append(
                    ("sudo", f"Type the password for sudo, where it is not that of the login{needed}.")
                )
            if self.walk.mends and any(map(mendable, step.findings(view))):
                options.append(("mend", "Choose what is mended."))
            if looking.blockers(view, step):
                options.append(("waive", "Let a finding only warn."))
            if looking.hidden(view, step):
                options.append(("every", "Hear every host."))
        if not step.columns and not step.open_problems(view):
            return "on"
        self.talk.console.say()
        try:
            return self.talk.choose("What next?", options, "on")
        except Back:
            self._back(asks)

    def _back(self, asks: tuple[Question, ...]) -> NoReturn:
        """To the last question of this step, or to the step before."""
        if not asks:
            raise Back
        raise _Again(len(asks) - 1)

    def _logins(self, asks: tuple[Question, ...]) -> None:
        try:
            looking.settle_logins(self.walk, self.talk)
        except Onward:
            pass
        except Back:
            self._back(asks)
        self._declined = self._open_logins()

    def _open_logins(self) -> object:
        return hosts_refusing(self.walk.view), self.walk.view.new_keys

    def _mend(self, step: Step) -> None:
        """One question for each kind of finding that the plan can mend."""
        ids = {one.id: one for one in step.findings(self.walk.view) if mendable(one)}
        try:
            for id, one in ids.items():
                title = one.fix.title if one.fix is not None else ""
                cost = (
                    ""
                    if one.fix is not None and one.fix.grade == "safe"
                    else " It touches more than Flink's files."
                )
                self.talk.console.say(f"{one.title} ({', '.join(map(name_of, one.hosts))}). {title}.{cost}")
                self.walk.tick(id, self.talk.yes("Mend it?", self.walk.is_ticked(one)))
        except (Back, Onward):
            return

    def _waive(self, step: Step) -> None:
        ids = looking.blockers(self.walk.view, step)
        titles = {one.id: one.title for one in step.findings(self.walk.view)}
        options = [(id, f"{titles[id]} ({id})") for id in ids]
        try:
            chosen = self.talk.choose("Which one shall only warn?", [*options, ("", "None of them.")])
            if chosen and self.talk.yes("The plan may be carried out in spite of it. Are you sure?", False):
                self.walk.waive(chosen)
        except (Back, Onward):
            return


class _Again(Exception):
    """Ask this step from that question on."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
