"""What is built and installed: one top-level name, all assets, our own `validators` whatever else is there.

Builds without network and without isolation, so the build backend is the one of the test environment.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from build import ProjectBuilder

import wizard

ROOT = Path(__file__).resolve().parents[2]
MOVED = {
    "wizard": "wizard",
    "screens": "wizard/_parts/screens",
    "validators": "wizard/_parts/validators",
    "assets": "wizard/assets",
}
SHOW_ORIGINS = """
import sys, wizard, screens, validators, wizard.assets
print(wizard.__file__, screens.__file__, validators.__file__, wizard.assets.assets_dir(), sep="\\n")
"""

pytestmark = pytest.mark.xdist_group("packaging")


def run(*argv: str | Path, cwd: Path) -> str:
    ended = subprocess.run([str(word) for word in argv], cwd=cwd, capture_output=True, text=True)
    assert ended.returncode == 0, f"{argv}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def contents(wheel: Path) -> dict[str, int]:
    """Every file of the wheel with its checksum."""
    with zipfile.ZipFile(wheel) as archive:
        return {member.filename: member.CRC for member in archive.infolist()}


def built(source: Path, out: Path, *target: str) -> Path:
    """The wheel, by way of an sdist unless `target` says otherwise."""
    run(sys.executable, "-m", "build", "--no-isolation", *target, "--outdir", out, source, cwd=out)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A virtual environment that already holds another package named validators."""
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    packages = next(home.glob("lib/python3*/site-packages"))
    (packages / "validators").mkdir()
    (packages / "validators" / "__init__.py").write_text("raise ImportError('somebody else')\n")
    return home


def install(environment: Path, wheel: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python"]
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=environment)


def origins(environment: Path, cwd: Path) -> list[Path]:
    printed = run(environment / "bin" / "python", "-c", SHOW_ORIGINS, cwd=cwd)
    return [Path(line) for line in printed.splitlines()]


def test_the_wheels_only_top_level_name_is_wizard(wheel: Path) -> None:
    names = {name.split("/")[0] for name in contents(wheel)}
    assert {name for name in names if not name.endswith(".dist-info")} == {"wizard"}


def test_the_wheel_holds_every_shipped_file_in_its_place_and_no_other(wheel: Path) -> None:
    listed = run(
        "git", "ls-files", "--cached", "--others", "--exclude-standard", *MOVED, cwd=ROOT
    ).splitlines()
    shipped = {name for name in listed if (ROOT / name).is_file()}
    expected = {MOVED[name.partition("/")[0]] + "/" + name.partition("/")[2] for name in shipped}
    assert {name for name in contents(wheel) if ".dist-info/" not in name} == expected


def test_assets_are_no_package_so_that_the_module_of_that_name_is_found(wheel: Path) -> None:
    assert "wizard/assets/__init__.py" not in contents(wheel)


def test_a_wheel_built_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    again = built(ROOT, tmp_path)
    assert list(tmp_path.glob("*.tar.gz"))
    assert contents(again) == contents(wheel)


def test_the_metadata_names_version_license_and_console_script(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {
            Path(name).name: archive.read(name).decode()
            for name in archive.namelist()
            if ".dist-info/" in name
        }
    metadata = Parser().parsestr(texts["METADATA"])
    assert metadata["Version"] == wizard.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in texts["LICENSE"]
    assert "flink-wizard = wizard.cli:main" in texts["entry_points.txt"]


def test_installed_beside_another_validators_ours_is_imported(
    wheel: Path, stranger: Path, tmp_path: Path
) -> None:
    install(stranger, wheel)
    package, screens, validators, assets = origins(stranger, tmp_path)
    assert "site-packages" in package.parts
    assert screens == package.parent / "_parts" / "screens" / "__init__.py"
    assert validators == package.parent / "_parts" / "validators" / "__init__.py"
    assert assets == package.parent / "assets"


def test_an_editable_install_beside_another_validators_uses_ours(stranger: Path, tmp_path: Path) -> None:
    install(stranger, Path(ProjectBuilder(ROOT).build("editable", tmp_path)))
    package, screens, validators, assets = origins(stranger, tmp_path)
    assert package == ROOT / "wizard" / "__init__.py"
    assert screens == ROOT / "screens" / "__init__.py"
    assert validators == ROOT / "validators" / "__init__.py"
    assert assets == ROOT / "assets"


def test_textual_is_pinned_to_one_minor_and_pip_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(line.startswith("textual~=") and line.count(".") == 2 for line in declared)
    assert any(line.startswith("pip>=") for line in declared)
