"""Keeps a walk's view up to date: saves answers, judges them, and has hosts read, whenever something has changed.

Knows one draft, one view and who listens. It must not know what a front end may do, nor how a plan is run.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from . import events
from .answers import Answers, build_spec
from .answers.problem import Problem
from .answers.writing import DEFAULT_VERSION
from .desk import Desk
from .draft import Draft
from .events import Event, Sink
from .facts import ClusterFacts, HostFacts
from .flink.catalogue import UnknownBuild
from .hadoop.catalogue import known_versions
from .journal import masked
from .keysfirst import KEYS
from .local import is_here
from .lookout import Lookout, Reach
from .runs import broken
from .secrets import Masker
from .sensitive import secrets_in, secrets_on
from .session import examine, inspection, judge, survey
from .shelf import Shelf
from .spec import ClusterSpec, FlinkSpec
from .view import Adopted, Use, View

SETTLE = 0.25
"""Seconds that answers may rest before they are saved and judged: typing goes on meanwhile."""

RESTS = 2.0
"""How many times as long as it has judged the keeper rests: hundreds of hosts take a while to judge, and the keyboard
needs the interpreter too."""

OFTEN = 0.1
"""Seconds between two views of hosts that are being read."""


class Keeper:
    """A view, and the thread that keeps it up to date once it is started. What a walk may do is `walk.Walk`'s."""

    def __init__(
        self,
        use: Use,
        reach: Reach,
        desk: Desk,
        shelf: Shelf,
        masker: Masker,
        answers: Answers | None,
        waived: Iterable[str],
        settle: float = SETTLE,
        clock: Callable[[], float] = time.time,
        mends: bool = False,
        adopted: Adopted | None = None,
    ) -> None:
        self.use: Use = use
        self.mends = mends
        """Whether a cluster that is there is looked at, and mended by what is ticked, instead of one installed."""
        self.desk = desk
        self.shelf = shelf
        self._reach = reach
        self._masker = masker
        self._sink = masked(self._hand_on, masker)
        self._listeners: list[Sink] = []
        self._unheard: deque[Event] | None = deque(maxlen=1_000)
        self._waived = tuple(waived)
        self._ticks: dict[str, bool] = {}
        self._settle = settle
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._idle = threading.Event()
        self._caught_up = threading.Event()
        self._draft = Draft(shelf.place, answers or Answers(), answers.text if answers else "")
        self._lookout = Lookout(reach, self._sink, self._looked, clock, inspection if mends else survey)
        self._dirty = True
        self._searched: dict[str, tuple[FlinkSpec, HostFacts]] = {}
        self._shown_at = 0.0
        # What was read is a proposal: it is saved once the operator goes on with it.
        self._proposed = adopted is not None
        self._save = bool(answers) and not self._proposed
        self._view = View(use, self._draft.answers, earlier=shelf.earlier(), adopted=adopted)
        self._judged: Answers | None = None
        self._open_jobs = 0
        self._closed = False
        self._jobs = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._thread = threading.Thread(target=self._keep, name="walk", daemon=True)

    @property
    def view(self) -> View:
        """The newest view. Reading it waits for nobody: views are values, and the newest is one reference."""
        return self._view

    def listen(self, sink: Sink, earlier: bool = False) -> None:
        """Hand every event to this sink too from now on, from whatever thread it comes. It must not wait.

        `earlier`: first those of before, as hosts are read from the beginning; they are kept for one such sink.
        """
        with self._lock:
            before = self._unheard if earlier else None
            if before is not None:
                self._unheard = None
            self._listeners.append(sink)
        for event in before or ():
            sink(event)

    def mask(self, text: str) -> str:
        """The text without secrets."""
        return self._masker.mask(text)

    def settled(self, timeout: float | None = None) -> bool:
        """Wait until answers are saved, and every reading and job has ended; False: the time (s) was over."""
        return self._idle.wait(timeout)

    def judged(self, timeout: float | None = None) -> bool:
        """Wait until the newest answers are saved and judged, and `reading` tells what is read for them; False: the
        time (s) was over."""
        return self._caught_up.wait(timeout)

    def _start(self) -> None:
        self._thread.start()
        self._changed.set()

    def _touch(self) -> None:
        with self._lock:
            self._dirty = True
            if not self._closed:
                self._idle.clear()
                self._caught_up.clear()
        self._changed.set()

    def _keep(self) -> None:
        took = 0.0
        while True:
            self._changed.wait()
            if self._stop.wait(max(self._settle, RESTS * took) if self._view.spec else 0.0):
                return
            began = time.monotonic()
            self._changed.clear()
            with self._lock:
                self._dirty = False
                save, self._save = self._save, False
                answers = self._draft.answers
            try:
                self._turn(save)
            except Exception as fault:  # noqa: BLE001 - the walk goes on with what it knows, and says so
                self._tell(events.Note(broken("Judging the answers", fault)))
            took = time.monotonic() - began
            with self._lock:
                self._judged = answers
                if not self._dirty:
                    self._caught_up.set()
                if not (self._dirty or self._lookout.busy or self._open_jobs):
                    self._idle.set()

    def _turn(self, save: bool) -> None:
        problems: tuple[Problem, ...] = self._view.problems
        if save:
            with self._lock:
                draft = self._draft
            problems = draft.save()
            with self._lock:
                self._publish(
                    problems=problems,
                    file=str(draft.path or ""),
                    saving=draft.trouble,
                )
        with self._lock:
            answers = self._draft.answers
        bad = any(problem.severity == "error" for problem in problems)
        spec = self._view.spec if bad else self._spec_of(answers)
        if spec is None:
            self._lookout.rest()
            self._publish(spec=None, desired=None, findings=(), reading=frozenset[str]())
            return
        self._masker.add(*secrets_in(spec.flink.config))
        self._publish(spec=spec)
        self._lookout.want(spec)
        facts = self._lookout.facts
        self._mask_seen(spec, facts)
        try:
            look = (examine if self.mends else judge)(spec, facts, self._waived)
        except UnknownBuild:
            self._publish(**self._newest(spec))
            return
        with self._lock:
            self._publish(findings=look.findings, desired=look.desired, **self._newest(spec))

    def _newest(self, spec: ClusterSpec | None) -> dict[str, object]:
        """What is known of the hosts now. No host may count as read whose facts are not there yet: they are taken last."""
        reading, read_at = self._lookout.reading, self._lookout.read_at
        facts = self._lookout.facts
        if spec is not None:
            self._mask_seen(spec, facts)
        return {
            "facts": facts,
            "reading": reading,
            "read_at": read_at,
            "new_keys": self.desk.shown,
            "sudo_open": self._sudo_open(facts),
        }

    def _sudo_open(self, facts: ClusterFacts) -> frozenset[str]:
        """Hosts where sudo wants a password that nobody gave."""
        return frozenset(
            one.name for one in facts if one.sudo == "password" and not self.desk.knows_sudo(one.name)
        )

    def _spec_of(self, answers: Answers) -> ClusterSpec | None:
        """The cluster of these answers; in practice no host is this machine, whatever its name."""
        return spec_of(answers, _nowhere) if self.use == "practice" else spec_of(answers)

    def _looked(self) -> None:
        """A reading has ended. Of many that end at once not each makes a view: the keeper shows them all in its turn."""
        with self._lock:
            now = time.monotonic()
            if now - self._shown_at < OFTEN and self._lookout.reading:
                self._touch()
                return
            self._shown_at = now
            self._publish(**self._newest(self._view.spec))
            self._touch()

    def _mask_seen(self, spec: ClusterSpec, facts: ClusterFacts) -> None:
        """Mask the secrets in the configurations of these hosts; what was searched before is not searched again."""
        for name in spec.names:
            seen = facts[name]
            before = self._searched.get(name)
            if before is None or before[0] != spec.flink or before[1] is not seen:
                self._masker.add(*secrets_on(spec, seen))
                self._searched[name] = (spec.flink, seen)

    def _submit(self, work: Callable[[threading.Event], None], stop: threading.Event) -> None:
        """Have a job done after those that wait already; its stop is set when it shall end."""
        self._open_jobs += 1
        self._idle.clear()
        self._jobs.submit(self._job, work, stop)

    def _job(self, work: Callable[[threading.Event], None], stop: threading.Event) -> None:
        try:
            work(stop)
        finally:
            with self._lock:
                self._open_jobs -= 1
                self._touch()

    def _publish(self, **changes: object) -> None:
        with self._lock:
            self._view = replace(self._view, serial=self._view.serial + 1, **changes)  # type: ignore[arg-type]
            serial = self._view.serial
        self._tell(events.ViewChanged(serial))

    def _tell(self, event: Event) -> None:
        self._sink(event)

    def _hand_on(self, event: Event) -> None:
        if isinstance(event, events.OutputArrived):
            KEYS.give_way()  # of output there may be much, and whoever tells of it holds no lock of ours
        with self._lock:
            if self._unheard is not None:
                self._unheard.append(event)
        for listener in tuple(self._listeners):
            listener(event)


def open_answers(answers: Answers) -> tuple[tuple[str, str], ...]:
    """What a complete file must say and these answers leave open, each with the value that is taken for it."""
    needed = [("cluster", "flink"), ("flink.version", DEFAULT_VERSION)]
    if answers.text_at("hdfs.mode") == "new":
        needed.append(("hdfs.version", known_versions()[0]))
    return tuple((path, default) for path, default in needed if answers.get(path) is None)


def spec_of(answers: Answers, is_here: Callable[[str], bool] = is_here) -> ClusterSpec | None:
    """The cluster that these answers ask for, with what is still open filled in; None without master or worker."""
    if not answers.hosts_at("master") or not answers.hosts_at("workers"):
        return None
    for path, default in open_answers(answers):
        answers = answers.with_value(path, default)
    return build_spec(answers, is_here=is_here)


def _nowhere(host: str) -> bool:
    del host
    return False
