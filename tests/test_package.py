"""The package: layers, late imports, and a wheel that works away from its source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"textual", "sqlite_utils", "imapclient", "jinja2", "flufl.bounce", "smtplib", "openpyxl", "idna"}


def loaded_by(code: str) -> set[str]:
    """Modules that are loaded after `code` ran in a fresh interpreter."""
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    ).stdout
    return set(printed.split())


def test_the_parser_is_a_library_of_its_own() -> None:
    loaded = loaded_by("import triage.bounces")
    assert not loaded & {"textual", "sqlite_utils", "imapclient", "jinja2", "click"}
    assert not {
        name for name in loaded if name.startswith(("triage.store", "triage.desk", "triage.config", "triage.lang"))
    }


def test_a_command_loads_nothing_heavy_before_it_needs_it() -> None:
    assert not loaded_by("import triage.cli") & HEAVY


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked into a folder of its own with the dependencies of this environment beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    [site] = environment.glob("lib/python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(here) + "\n")
    subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    return environment / "bin" / "triage"


def run(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([command, *arguments], capture_output=True, text=True, cwd=cwd, env=plain, check=False)


def test_the_wheel_finds_its_templates_and_data_from_any_folder(installed: Path, tmp_path: Path) -> None:
    where = run(installed.with_name("python"), "-c", "import triage; print(triage.__file__)", cwd=tmp_path).stdout
    assert str(ROOT) + "/triage" not in where
    ran = run(installed, "--lang", "de", "demo", "--headless", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "drei Hinweise sind verschickt" in ran.stdout


def test_the_wheel_holds_no_tests_and_no_scripts(installed: Path) -> None:
    [package] = installed.parents[1].glob("lib/python*/site-packages/triage")
    assert (package / "templates" / "de").is_dir()
    assert (package / "data" / "words.toml").is_file()
    assert not [path for path in package.rglob("*") if path.name.startswith("test_")]


def test_an_editable_install_sees_edits_of_templates_and_data() -> None:
    from triage import resources

    assert resources.templates() == ROOT / "templates"
    assert resources.data("words.toml") == ROOT / "data" / "words.toml"


def test_constraints_pin_every_dependency_and_name_no_index() -> None:
    lines = [x for x in (ROOT / "constraints.txt").read_text().splitlines() if x and not x.startswith("#")]
    pinned = {line.partition("==")[0].lower() for line in lines}
    assert all("==" in line and "://" not in line for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {requirement.split(">")[0].split("[")[0].strip().lower() for requirement in wanted}
    assert names <= pinned, names - pinned


def test_only_the_clock_reads_the_time() -> None:
    readers = re.compile(r"datetime\.now\(|datetime\.today\(|date\.today\(|utcnow\(|time\.time\(")
    found = [path.name for path in (ROOT / "triage").rglob("*.py") if readers.search(path.read_text("utf-8"))]
    assert found == ["clock.py"]
