"""The agent has bash as README starts the server: from any folder, with relative paths, with few descriptors."""

import os
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.kit import sse
from tests.kit.agents import Agent
from tests.kit.messages_api import MessagesApi
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import PATIENCE, end, wait_ready
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import bubblewrap, limits
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = needs_bubblewrap

README = (Path(__file__).parents[2] / "README.md").read_text()
LINES = ["walkaway serve", *re.findall(r"^    ((?:\w+=\S+ )*\.venv/bin/walkaway serve.*)$", README, re.MULTILINE)]
"""What README tells to type; the first is what `make serve` does."""
RELATIVE = ("deep/er/data", "../beside/data", "link/data")


@contextmanager
def typed(line: str, folder: Path, model: MessagesApi, before: Sequence[str] = ()) -> Iterator[httpx.Client]:
    """Type a line of README in a folder; what is not of this machine is replaced: port, data folder, model service."""
    words = shlex.split(re.sub(r"http://127\.0\.0\.1:11434", model.url, line).replace("/var/lib/walkaway", "var/data"))
    program = next(index for index, word in enumerate(words) if "=" not in word)
    given = dict(word.split("=", 1) for word in words[:program])
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    command = [*before, sys.executable, "-m", "walkaway", *words[program + 1 :], "--port", "0"]
    environ = {**clean, "WALKAWAY_REHEARSAL_DELAY": "0", **given}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout
        url = re.sub("0\\.0\\.0\\.0", "127.0.0.1", re.findall(r"http://\S+", process.stdout.readline())[0])
        try:
            wait_ready(url)
            keys = {"X-API-Key": given["WALKAWAY_KEYS"].partition("=")[0]} if "WALKAWAY_KEYS" in given else {}
            with httpx.Client(base_url=url, headers=keys, timeout=PATIENCE) as client:
                yield client
        finally:
            end(process)


def commanded(client: httpx.Client) -> str:
    """Let the offline model run a command; give what it is told."""
    events = sse.send(client, sse.new(client, persistent=True), "Run `echo $((6 * 7)); pwd`")
    return next(str(event.data["content"]) for event in events if event.event == "tool_result")


@pytest.mark.parametrize("line", LINES)
def test_each_line_of_the_readme_has_a_shell(line: str, tmp_path: Path, model: MessagesApi) -> None:
    with typed(line, tmp_path, model) as client:
        service = "ANTHROPIC_BASE_URL" in line
        told = Agent(client, model).bash("echo $((6 * 7)); pwd") if service else commanded(client)
    assert told == "exit code 0\n42\n/opt/sandbox/workspace"


@pytest.mark.parametrize("data", RELATIVE)
def test_a_relative_folder_has_a_shell(data: str, tmp_path: Path, model: MessagesApi) -> None:
    here = tmp_path / "here"
    (tmp_path / "elsewhere").mkdir()
    here.mkdir()
    (here / "link").symlink_to(tmp_path / "elsewhere")
    with typed(f"walkaway serve --data {data}", here, model) as client:
        assert commanded(client) == "exit code 0\n42\n/opt/sandbox/workspace"


def test_few_descriptors_are_enough(tmp_path: Path, model: MessagesApi) -> None:
    with typed("walkaway serve", tmp_path, model, ["prlimit", "--nofile=256:256", "--"]) as client:
        assert commanded(client) == "exit code 0\n42\n/opt/sandbox/workspace"


@pytest.mark.parametrize("failing", ["limits", "bwrap"])
def test_what_fails_is_told_in_its_own_words(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if failing == "limits":
        monkeypatch.setitem(limits.LIMITS, "nofile", 99_999_999_999)
        monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        made = bubblewrap._arguments
        monkeypatch.setattr(bubblewrap, "_arguments", lambda *a, **b: [*made(*a, **b), "--ro-bind", "/no/thing", "/x"])
    sandbox = Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))
    problem = str(sandbox.problem())
    assert ("their limits cannot be set: " if failing == "limits" else "bwrap: ") in problem
    assert ("[Errno " if failing == "limits" else "/no/thing") in problem
    assert "user namespaces" not in problem


def test_a_folder_named_from_here_is_found_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sandbox = Bubblewrap(Path("sandbox"), FolderWorkspace(tmp_path / "workspace"))
    with sandbox.run(Command("true", "", (), (), 10.0), lambda _: None) as finished:
        assert finished.exit_code == 0
