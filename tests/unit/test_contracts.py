"""The contracts between the rooms: that each one bites, and those laws that an import graph cannot state.

`lint-imports` judges the tree itself; here the same contracts judge trees with one wrong import in them.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
HEAVY = ("paramiko", "psutil", "questionary", "rich", "screens", "textual", "yaml")
SCREENS_MAY_IMPORT = {
    "answers",
    "assets",
    "events",
    "findings",
    "keysfirst",
    "printer",
    "progress",
    "questions",
    "session",
    "showing",
    "steps",
    "terminal",
    "text",
    "view",
    "walk",
    "wanted",
    "words",
}

# contract, the module with the wrong import, what it imports
PLANTS = [
    ("rooms", "wizard.spec", "wizard.session"),
    ("rooms", "wizard.operations.java", "wizard.plan"),
    ("rooms", "wizard.session", "wizard.cli"),
    ("rooms", "wizard.nowhere", "wizard.spec"),
    ("screens", "screens.review", "screens.apply"),
    ("screens", "screens.widgets.log", "screens.app"),
    ("screens", "screens.app", "screens.plain"),
    ("no-front-end", "wizard.session", "screens.app"),
    ("no-front-end", "wizard.printer", "rich"),
    ("no-front-end", "wizard.cli", "textual"),
    ("no-front-end", "validators.installing", "questionary"),
    ("validators-judge", "validators.installing", "wizard.runner"),
    ("validators-judge", "validators.installing", "wizard.hands"),
    ("validators-judge", "validators.installing", "wizard.ssh.login"),
    ("values-alone", "validators.values", "wizard.text"),
    ("operations-pure", "wizard.operations.java", "wizard.hands"),
    ("operations-pure", "wizard.operations.java", "wizard.ssh.login"),
    ("paramiko", "wizard.session", "paramiko"),
    ("paramiko", "wizard.local", "paramiko"),
    ("psutil", "wizard.ssh.login", "psutil"),
    ("no-tests", "wizard.imagined", "tests.lab"),
]
ALLOWED = [
    ("wizard.cli", "screens.app"),
    ("wizard.ssh.login", "paramiko"),
    ("wizard.local", "psutil"),
    ("screens.app", "screens.review"),
    ("screens.review", "screens.widgets.log"),
    ("screens.review", "textual"),
    ("validators.installing", "wizard.operations.java"),
    ("validators.installing", "validators.values"),
]
MODULES = {name for _, importer, imported in PLANTS for name in (importer, imported)} | {
    name for pair in ALLOWED for name in pair
}


def module_file(tree: Path, name: str) -> Path:
    packages = {module.rpartition(".")[0] for module in MODULES}
    path = tree.joinpath(*name.split("."))
    return path / "__init__.py" if name in packages else path.with_suffix(".py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The rooms with empty modules under the project's own contracts; every allowed import is made."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ours = {name for name in MODULES if name.partition(".")[0] in ("wizard", "screens", "validators")}
    for name in ours | {name.rpartition(".")[0] for name in ours}:
        if name and name != "wizard.nowhere":
            path = module_file(tmp_path, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            for package in path.relative_to(tmp_path).parents[:-1]:
                (tmp_path / package / "__init__.py").touch()
    for importer, imported in ALLOWED:
        plant(tmp_path, importer, imported)
    return tmp_path


def plant(tree: Path, importer: str, imported: str) -> None:
    with module_file(tree, importer).open("a") as file:
        file.write(f"import {imported}\n")


def broken_contracts(tree: Path) -> list[str]:
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    ended = subprocess.run([program, "--no-cache"], cwd=tree, capture_output=True, text=True)
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)", ended.stdout, re.MULTILINE))
    assert verdicts, ended.stdout + ended.stderr
    return [contract["id"] for contract in CONTRACTS if verdicts[contract["name"]] == "BROKEN"]


def test_what_the_design_allows_breaks_no_contract(tree: Path) -> None:
    assert broken_contracts(tree) == []


@pytest.mark.parametrize(("contract", "importer", "imported"), PLANTS)
def test_a_wrong_import_breaks_its_contract(tree: Path, contract: str, importer: str, imported: str) -> None:
    plant(tree, importer, imported)
    assert contract in broken_contracts(tree)


def test_every_contract_has_a_wrong_import_that_proves_it() -> None:
    assert {contract["id"] for contract in CONTRACTS} == {contract for contract, _, _ in PLANTS}


def imports(source: Path) -> Iterator[str]:
    """The dotted names that one file imports, relative ones resolved, wherever in the file they stand."""
    package = source.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*outer, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_screens_know_the_wizard_only_through_its_door() -> None:
    for source in sorted((ROOT / "screens").rglob("*.py")):
        rooms = {name.split(".")[1] for name in imports(source) if name.startswith("wizard.")}
        assert rooms <= SCREENS_MAY_IMPORT, f"{source.relative_to(ROOT)} imports {rooms - SCREENS_MAY_IMPORT}"


def test_below_the_command_line_nothing_knows_of_a_dry_run() -> None:
    sources = [path for room in ("wizard", "validators") for path in sorted((ROOT / room).rglob("*.py"))]
    knowing = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources
        if path != ROOT / "wizard" / "cli.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"dry_?run", line, re.IGNORECASE)
    ]
    assert knowing == []


@pytest.mark.parametrize("module", ["wizard", "wizard.cli"])
def test_importing_the_command_line_loads_nothing_heavy(module: str) -> None:
    show = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.split()) == (0, []), ended.stderr
