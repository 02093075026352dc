"""The tutorial, as its reader runs it: its commands in order, in a fresh folder, against servers that they start."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kit.servers import free_port

PAGE = (Path(__file__).parents[2] / "docs/tutorial.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
HOUR = 3600
PATIENCE = 110


class Step(NamedTuple):
    """A block of commands, and what the page says that it prints; `…` is anything."""

    commands: str
    printed: str


STEPS = [Step(*found) for found in BLOCK.findall(PAGE)]


def played(script: str, folder: Path) -> str:
    """Run a script in a folder, with a group of processes for itself, of which none is left afterwards."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    process = subprocess.Popen(
        ["bash", "-e", "-c", script],
        cwd=folder, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"it takes more than {PATIENCE} s; so far: {(late.stdout or b'').decode()}")
    finally:
        _end(process)
    return printed


def _end(process: "subprocess.Popen[str]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks to the commands like a clone that is set up."""
    found = tmp_path_factory.mktemp("tutorial")
    (found / ".venv").symlink_to(Path(sys.prefix))
    return found


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    """What each step prints."""
    mark = "----- next step -----"
    script = f"echo; echo '{mark}'\n".join(step.commands for step in STEPS).replace("8005", str(free_port()))
    return played(script, folder).split(f"{mark}\n")


def test_each_step_prints_what_the_page_says(printed: list[str]) -> None:
    assert len(printed) == len(STEPS) == 9
    for step, said in zip(STEPS, printed, strict=True):
        place = 0
        for line in step.printed.splitlines():
            form = re.compile(f"^{'.*'.join(map(re.escape, line.split('…')))}", re.MULTILINE)
            found = form.search(said, place)
            assert found, f"{line!r} is not in what this printed:\n{step.commands}\n{said[place:]}"
            place = found.end()


def test_the_task_would_have_taken_an_hour(printed: list[str], folder: Path) -> None:
    """Two seconds for each piece of the answers that the log has, as the first server was told."""
    assert printed
    delay = re.findall(r"WALKAWAY_REHEARSAL_DELAY=(\d+) ", PAGE)[0]
    rest = (folder / "rest.txt").read_text()
    pieces = len(re.findall(r"^event: (?:text\.delta|tool_use\.input_delta)$", rest, re.MULTILINE))
    assert HOUR <= pieces * int(delay) < 1.2 * HOUR


def test_the_report_is_whole(printed: list[str], folder: Path) -> None:
    assert printed
    report = (folder / "report.md").read_text()
    assert report.count("lighthouses") > 20
    assert len(report) > 40_000


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no such thing"):
        played("echo no such thing\nfalse\necho more", tmp_path)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        played("sleep 60 > /dev/null 2>&1 &", tmp_path)
