"""A walk through the wizard: answers given one by one, hosts read meanwhile, a review, a run that can pause.

Every front end talks to a Walk and shows its `view`. All methods return at once and may be called from any thread,
but for `review` and `apply`, which start a job and tell of its end by an event. It must not know how anything is drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from . import events
from .answering import Answering
from .answers import Answers
from .desk import Desk
from .exits import Exit
from .findings import Finding
from .keeper import SETTLE, open_answers, spec_of
from .lookout import Reach
from .practice import PracticeReach
from .preview import Preview
from .progress import Follower
from .questions import Option
from .runner import Choice, Outcome
from .runs import Reviewed, Runs, Ways, Wish, Word
from .secrets import Masker
from .shelf import Shelf
from .steps import WALKS, Step
from .times import REAL, Times
from .verdict import status_of_refusal
from .view import Adopted, Use

__all__ = ["Desk", "Reach", "Reviewed", "Walk", "spec_of"]

GRACE = 2.0
"""Seconds that a run gets to end by itself when the walk is closed; then its connections are."""


class Walk(Answering):
    """One walk. Whoever listens gets every event, with secrets masked; `waived` are ids of findings that only warn."""

    def __init__(
        self,
        use: Use,
        reach: Reach,
        desk: Desk,
        shelf: Shelf,
        masker: Masker,
        *,
        answers: Answers | None = None,
        waived: Iterable[str] = (),
        job_loss: bool = False,
        repairing: bool = False,
        verbose: bool = False,
        settle: float = SETTLE,
        times: Times = REAL,
        adopted: Adopted | None = None,
    ) -> None:
        mends = repairing or use == "repair"
        answers = adopted.answers if adopted is not None else answers
        super().__init__(use, reach, desk, shelf, masker, answers, waived, settle, times.now, mends, adopted)
        self.steps: tuple[Step, ...] = WALKS["repair" if repairing else use]
        self.verbose = verbose
        """Whether a front end that prints shall print every command."""
        self.found: tuple[Finding, ...] = ()
        """The findings before the last run, to be compared with those after it."""
        self._practice = reach if isinstance(reach, PracticeReach) else None
        ways = Ways(
            recorded=use in ("install", "repair"),
            job_loss=job_loss,
            read_after=self._practice is not None,
            retries=self._practice is None,
            mends=mends,
        )
        self._runs = Runs(reach, self._lookout, shelf, masker, self._sink, ways, times)
        self._listeners.append(self._runs.progress)
        self._reviewed: Reviewed | None = None
        self._reviewing = False
        self._confirmed = False
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="write")
        if self._practice is not None:
            self._decide_for(self._practice.trouble.answers)
        self._start()

    def visited(self, step: str) -> None:
        """The operator has come to this step; what was found on the hosts is kept once the walk goes on with it."""
        super().visited(step)
        with self._lock:
            if self._proposed and step != self.steps[0].id:
                self._proposed, self._save = False, True
                self._touch()

    # Review and run

    @property
    def reviewed(self) -> Reviewed | None:
        """What the last review came to; None when it does not stand any more: answers changed, hosts were read
        anew, or a run has begun since."""
        with self._lock:
            made = self._reviewed
            return made if made is not None and made.answers == self._draft.answers else None

    @property
    def confirmed(self) -> bool:
        """Whether the operator said yes to the review that stands, and the run has not begun yet."""
        with self._lock:
            return self._confirmed and self.reviewed is not None

    def confirm(self) -> str:
        """The operator says yes to the plan of the review, for one run; "" or why that cannot be."""
        with self._lock:
            made = self.reviewed
            if self._view.applied == "running":
                return "A run is going on."
            if made is None:
                return "The plan must be reviewed again first."
            if made.refused:
                return made.refused
            self._confirmed = True
            return ""

    def start(self) -> bool:
        """Begin the run that was confirmed; False when none was: a confirmation is good for one run."""
        with self._lock:
            if not self.confirmed:
                return False
            self._confirmed = False
        self.apply()
        return True

    def review(self) -> None:
        """Preview the plan from fresh readings; `ReviewMade` tells that `preview` is there."""
        with self._lock:
            if self._reviewing or self._closed:
                return
            # Whoever reviews a plan has decided what it rests on: the file must say it too.
            for path, default in open_answers(self._draft.answers):
                self.decide(path, default)
            self._reviewing = True
            self._submit(self._review, self._runs.begin())

    def apply(self) -> None:
        """Carry the plan of the last review out; `RunFinished` and then a view tell of its end."""
        with self._lock:
            if self._view.applied == "running" or self._closed:
                return
            self._outdate()
            if self.use in ("install", "repair"):
                self._draft.keep()
            self.found = self._view.findings
            self.progress.begin()
            self._publish(applied="running")
            self._submit(self._apply, self._runs.begin())

    def choose(self, number: int, choice: Choice | bool) -> None:
        """Answer a `Paused` (retry, skip, drop, stop) or a `ConsentAsked` (True or False)."""
        self._runs.choose(number, choice)

    def cancel(self) -> None:
        """Ask the run to end; what is under way on a host is broken off safely."""
        self._runs.cancel()

    @property
    def preview(self) -> Preview | None:
        """What the last review found."""
        return self._runs.preview

    @property
    def outcome(self) -> Outcome | None:
        """What the last run came to."""
        return self._runs.outcome

    @property
    def status(self) -> Exit:
        """The exit status where the wizard is left now: that of the last run, else whether the plan was refused."""
        made = self.reviewed
        match self._view.applied:
            case "no" if made is not None and made.refused:
                return status_of_refusal(made.lost)
            case "no" if made is not None and self.use == "dry-run":
                return Exit.DONE
            case "no" | "running":
                return Exit.CANCELLED
            case _:
                return self._runs.status

    @property
    def record(self) -> str:
        """The journal of the last run; "" for one that was only played."""
        return self._runs.record

    @property
    def progress(self) -> Follower:
        """How far the newest run has come."""
        return self._runs.progress

    def export(self, form: str) -> str:
        """The plan of the last review as a shell script ("sh"), a runbook ("md") or the answers ("yaml")."""
        from .export import runbook_text, script_text

        spec = self._view.spec
        if form == "yaml":
            return self._draft.text
        if self.preview is None or spec is None:
            return ""
        return self.mask((script_text if form == "sh" else runbook_text)(self.preview, spec))

    def export_to(self, form: str, path: str, *, replace: bool = False) -> None:
        """Write `export(form)` to a file; `Exported` tells what came of it. A file that is there stays unless `replace`."""

        def write() -> None:
            from .export.keeping import AlreadyThere, keep

            try:
                kept = keep(path, self.export(form), replace=replace, executable=form == "sh")
            except AlreadyThere as there:
                self._tell(events.Exported(str(there), there=True))
            except OSError as error:
                self._tell(events.Exported(path, f"{path}: {error.strerror or error}."))
            else:
                self._tell(events.Exported(str(kept)))

        self._writers.submit(write)

    # The pace of a rehearsal

    @property
    def tempo(self) -> float | None:
        """Seconds that a command of a rehearsal takes; None where commands take what they take."""
        tempo = getattr(self._reach, "tempo", None)
        return None if tempo is None else tempo.seconds

    def pace(self, seconds: float) -> None:
        """Let every command of a rehearsal take so long from now on, 0 for at once; nothing where hosts are changed."""
        tempo = getattr(self._reach, "tempo", None)
        if tempo is not None:
            tempo.seconds = seconds

    # Practice

    @property
    def troubles(self) -> tuple[Option, ...]:
        """What may go wrong in practice, to be chosen from; empty where hosts are real."""
        scenario = self._practice.scenario if self._practice else None
        return tuple(Option(one.id, one.title, one.detail) for one in scenario.troubles) if scenario else ()

    @property
    def chosen_trouble(self) -> str:
        """The id of the trouble that was chosen, "" where hosts are real."""
        return self._practice.trouble.id if self._practice else ""

    def choose_trouble(self, id: str) -> None:
        """From now on this goes wrong in practice, on hosts as they were in the beginning. Raises KeyError."""
        if self._practice is None or id == self.chosen_trouble:
            return
        with self._lock:
            before = self._practice.trouble.answers
            chosen = self._practice.choose(id)
            self._outdate()
            self._decide_for(dict.fromkeys(before) | dict(chosen.answers))
            self._lookout.void(self._lookout.facts.hosts)
            self._publish(**self._newest(self._view.spec), applied="no")
            self._touch()

    def _decide_for(self, answers: Mapping[str, str | None]) -> None:
        """The answers that a trouble brings with it, None to leave them open again."""
        for path, value in answers.items():
            self._draft.decide(path, value)
            self._save = True
        self._view = replace(self._view, answers=self._draft.answers)

    # The end

    def close(self) -> None:
        """End everything that runs, and forget the connections. Waits a moment for a run to break off safely."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.cancel()
        ended = threading.Thread(target=self._jobs.shutdown, name="last job", daemon=True)
        ended.start()
        ended.join(GRACE)
        self._stop.set()
        self._changed.set()
        self._lookout.close()
        self._reach.close()
        self._writers.shutdown(wait=False, cancel_futures=True)
        ended.join(GRACE)
        self._thread.join(GRACE)
        self.shelf.close()
        self._caught_up.set()
        self._idle.set()

    # Jobs

    def _outdate(self) -> None:
        """The last review does not stand any more."""
        self._reviewed, self._confirmed = None, False

    def _review(self, stop: threading.Event) -> None:
        fault = "The review broke off."
        try:
            wish = self._wish(stop)
            made = wish if isinstance(wish, str) else self._runs.review(wish, stop)
            fault = made if isinstance(made, str) else ""
            if isinstance(made, Reviewed):
                with self._lock:
                    self._reviewed, self._confirmed = made, False
                self._publish(**self._newest(self._view.spec))
        finally:
            self._runs.end(stop)
            with self._lock:
                self._reviewing = False
            self._tell(events.ReviewMade(fault))

    def _apply(self, stop: threading.Event) -> None:
        word: Word = "failed"
        try:
            wish = self._wish(stop)
            word = self._runs.apply(None if isinstance(wish, str) else wish, stop)
        finally:
            self._runs.end(stop)
            self._publish(**self._newest(self._view.spec), applied=word)

    def _wish(self, stop: threading.Event) -> Wish | str:
        """What is asked for, once the newest answers are judged; or why nothing can be done for them."""
        while self._judged is not self._draft.answers:
            if stop.wait(0.02) or self._stop.is_set():
                return "The review was cancelled."
        with self._lock:
            view, draft = self._view, self._draft
            wrong = [one for one in view.problems if one.severity == "error"]
            if wrong:
                return f"The answers do not fit together: {wrong[0].path}: {wrong[0].sentence}"
            if view.spec is None:
                return "Name a master and at least one worker first."
            return Wish(draft.answers, draft.text, view.spec, self._waived, dict(self._ticks))
