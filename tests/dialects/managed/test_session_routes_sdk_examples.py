"""The SDK's own examples for Managed Agents, unchanged: address and key come from the environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev import sdk_examples
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import Running

FOLDER = sdk_examples.folder("anthropic")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="the SDK's examples are not here: make sdk-examples")


def run(name: str, server: Running, folder: Path, data: str = "") -> str:
    """Give what an example prints; `data` is what it finds in the file beside it, instead of what it brings."""
    assert FOLDER
    for file in (f"{name}.py", "data.csv"):
        shutil.copy(FOLDER / file, folder)
    if data:
        (folder / "data.csv").write_text(data)
    done = subprocess.run(
        [sys.executable, str(folder / f"{name}.py")],
        cwd=folder,
        env={**os.environ, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "alpha-key"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()  # with the carriage returns that one of them prints


def test_the_quick_start_ends_with_an_answer(server: Running, tmp_path: Path) -> None:
    printed = run("agents", server, tmp_path)
    assert "This is Walkaway's rehearsal model" in printed
    assert '"type": "session.status_idle"' in printed
    assert '"type": "session.error"' not in printed


@needs_bubblewrap
@pytest.mark.parametrize(("data", "columns"), [("", "alpha, bravo, charlie"), ("kelp,dulse\n1,2\n", "kelp, dulse")])
def test_a_mounted_file_is_read_and_its_columns_are_told(
    server: Running, tmp_path: Path, data: str, columns: str
) -> None:
    printed = run("agents_with_files", server, tmp_path, data)
    assert "mount_path='/mnt/session/uploads/data.csv'" in printed
    assert f"The columns of /uploads/data.csv are: {columns}." in printed
    assert '"is_error": false' in printed


def test_previews_are_a_prefix_of_what_comes(server: Running, tmp_path: Path) -> None:
    before, told, final = run("managed-agents-streaming-deltas-manual", server, tmp_path).partition("[final] ")
    assert told
    previews = [each for each in before.partition("Streaming:\n")[2].split("\r") if each.strip()]
    assert len(previews) > 1
    assert all(final.startswith(each.rstrip("\n")) for each in previews)
    assert "the ocean" in final.lower()
