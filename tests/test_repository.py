"""What the repository says about itself."""

import re
import subprocess
from pathlib import Path

import pytest

from walkaway_wire import VERSION

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("layers", "local", "clients", "functions", "dev") for path in (ROOT / folder).rglob("*.py")
]


def test_one_version_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    assert re.search(r"^## \[(\d.*?)\]", changelog, re.MULTILINE)[1] == VERSION  # type: ignore[index]
    assert re.search(r'^version = "(.+?)"', project, re.MULTILINE)[1] == VERSION  # type: ignore[index]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_its_role_and_stays_small(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith('"""')
    assert len(lines) <= 250


def test_the_readme_stays_short_and_its_map_is_true() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 150
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / link).exists(), link
    drawn = readme.split("```")[3]
    known = ["/" + str(path.relative_to(ROOT)) for path in [*SOURCES, *(ROOT / "docs").rglob("*.py")]]
    for name in re.findall(r"[\w/]+\.py", drawn):
        assert any(path.endswith(f"/{name}") for path in known), name


def test_who_begins_is_told_what_takes_time() -> None:
    """The set-up takes minutes, and nobody is promised less."""
    make = ["make", "--dry-run", "--always-make", "demo"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    steps = done.stdout.splitlines()
    told = next(n for n, step in enumerate(steps) if step.startswith('echo "Setting up .venv, once, which takes some'))
    assert "libraries are fetched" in steps[told]
    assert told < next(n for n, step in enumerate(steps) if "venv --clear .venv" in step)
    assert "in a minute" not in (ROOT / "README.md").read_text()


def test_every_rule_of_the_architecture_names_tests_that_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    table = page[page.index("## Rules") : page.index("## Layers")]
    everything = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    for name in re.findall(r"::(\w+)", table):
        assert name in everything, name
    for file in re.findall(r"`(?:tests/)?([\w/]+/test_\w+\.py)", table):
        assert (ROOT / "tests" / file).exists(), file
