"""The wheel alone: what it brings, what it does not, how long it takes, and what a type checker says of its users."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.servers import served
from tests.kit.shapes import deployed
from tests.kit.wheel import installed
from walkaway_core.store import api_keys

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if "from walkaway" in path.read_text())


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environ = {"WALKAWAY_OUTBOUND_LOOPBACK": "yes", "WALKAWAY_REHEARSAL_DELAY": "0.001"}
    with served(tmp_path_factory.mktemp("served") / "data", environ=environ) as server:
        yield server.url


def ran(python: Path, *arguments: str, cwd: Path | None = None, said: str = "", url: str = "", key: str = "") -> str:
    environ = {"WALKAWAY_URL": url, "WALKAWAY_KEY": key, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(python), *arguments], cwd=cwd, env=environ, input=said, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_server_is_not_needed(python: Path) -> None:
    for name in ("fastapi", "uvicorn", "boto3", "anthropic"):
        found = ran(python, "-c", f"import importlib.util; print(importlib.util.find_spec({name!r}))")
        assert found.strip() == "None", name
    ran(python, "-c", "from walkaway import *; assert Walkaway and AsyncWalkaway")


def test_commands_of_the_server_say_what_is_missing(python: Path) -> None:
    command = [str(python), "-m", "walkaway", "serve", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "belongs to the server" in done.stderr
    assert "pip install '.[local]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_imported_at_once_is_little(python: Path) -> None:
    code = "import sys; from walkaway import Walkaway; Walkaway(); print(*sys.modules)"
    loaded = ran(python, "-c", code).split()
    heavy = {"httpx2", "pydantic", "asyncio", "click", "rich", "ssl", "email", "http"}
    assert heavy.isdisjoint(loaded)


def test_an_import_takes_less_than_that_of_the_library_behind_it(python: Path) -> None:
    """Of the processor, beyond what Python itself takes; the least of some tries, taken in turn."""

    def taken(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran(python, "-c", code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    tries = [[taken(code) for code in ("pass", "from walkaway import Walkaway", "import httpx2")] for _ in range(5)]
    bare, ours, library = (min(column) for column in zip(*tries, strict=True))
    assert ours - bare < library - bare


@pytest.mark.deep
def test_it_is_typed_strictly_for_its_users(python: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--python-executable", str(python)]
    found = subprocess.run([*command, *map(str, EXAMPLES)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.stdout == ""
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_runs(python: Path, url: str, script: Path, tmp_path: Path) -> None:
    if script.stem == "come_back":
        ran(python, str(script.with_name("leave.py")), cwd=tmp_path, url=url)
    printed = ran(python, str(script), cwd=tmp_path, said="y\n", url=url)
    expected = {
        "hello": "out/report.md",
        "leave": "left sess_",
        "come_back": "tides.md",
        "watch": "[write_file]",
        "own_tools": "asked for A-4711 in HAM",
        "approve": "list_files {} ? [y/N]",
        "many": "50 done",
        "files": "charts/out/report.md",
        "steer": "steered queued",
        "hook": "turn.completed The answer is:",
        "digest": "At 08:00",
    }
    assert expected.pop(script.stem) in printed
    for name in (line.strip() for line in printed.splitlines() if line.endswith("report.md")):
        assert (tmp_path / name).exists() or " " in name


@pytest.mark.deep
def test_the_emulated_account_is_a_server_like_any_other(python: Path, tmp_path: Path) -> None:
    with deployed("") as stack:
        key, _ = api_keys.create(stack.services.table, stack.clock, "examples")
        for name, expected in (
            ("hello", "out/report.md"),
            ("watch", "[write_file]"),
            ("own_tools", "asked for A-4711 in HAM"),
        ):
            script = str(ROOT / f"examples/{name}.py")
            assert expected in ran(python, script, cwd=tmp_path, url=stack.url, key=key)


def test_every_program_is_known() -> None:
    assert len(EXAMPLES) == 11  # ten, of which one is two
