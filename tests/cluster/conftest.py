"""Fixtures that give lab hosts to the tests of this folder, and check that none outlives the tests.

Knows when a lab cannot be had here and says why; knows nothing of the product.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.lab import HostSettings, Lab, LabUnavailable, leftovers, missing

MakeLab = Callable[[int | Iterable[HostSettings]], Lab]
HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lab: needs root and lab hosts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons = missing()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.lab)
            if reasons:
                item.add_marker(pytest.mark.skip(reason="; ".join(reasons)))


def _factory() -> Iterator[MakeLab]:
    # Each is taken down, also when another one's end fails.
    with contextlib.ExitStack() as labs:

        def make(hosts: int | Iterable[HostSettings] = 3) -> Lab:
            try:
                lab = Lab.up(hosts)
            except LabUnavailable as reason:
                pytest.skip(str(reason))
            labs.callback(lab.down)
            return lab

        yield make


@pytest.fixture
def make_lab() -> Iterator[MakeLab]:
    """Starts labs that end with the test: `make_lab(3)` or `make_lab([HostSettings(…), …])`."""
    yield from _factory()


@pytest.fixture(scope="module")
def make_module_lab() -> Iterator[MakeLab]:
    """The same for labs that a whole module shares."""
    yield from _factory()


@pytest.fixture
def lab3(make_lab: MakeLab) -> Lab:
    return make_lab(3)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    left = leftovers(owner_pid=os.getpid())
    # What was forgotten is told, and not left for the next run.
    Lab.down_all()
    assert left == []
