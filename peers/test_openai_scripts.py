"""Scripts of OpenAI's client that outlive a connection: one that is killed and reads on, and a receiver of webhooks."""

import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from peers.drawing import drawn
from peers.running import KEY, PROGRAMS, environ, holds, python, ran
from tests.kit.patience import holds as comes_true
from tests.kit.restarts import restarted


@pytest.mark.parametrize("way", ["background", "foreground"])
def test_a_script_that_was_killed_reads_on_though_the_server_was_killed_too(way: str, tmp_path: Path) -> None:
    program = tmp_path / "openai_left.py"
    program.write_text(drawn(PROGRAMS / program.name).text)
    settings = {"WALKAWAY_REHEARSAL_DELAY": "0.001", "WALKAWAY_KEYS": f"{KEY}=peers"}
    with restarted(tmp_path / "data", **settings) as server:
        command = [python(""), str(program), way]
        died = subprocess.run(
            [*command, "die"], env=environ(server.url, tmp_path), capture_output=True, text=True, check=False
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        kept = json.loads((tmp_path / "kept.json").read_text())

        def is_over() -> bool:
            found = httpx.get(f"{server.url}/v1/responses/{kept['id']}", headers={"Authorization": f"Bearer {KEY}"})
            return bool(found.json()["status"] == "completed")

        assert comes_true(is_over)
        server.restart()
        assert "the same: True" in ran(command, server.url, tmp_path)


def test_a_receiver_of_webhooks(url: str, tmp_path: Path) -> None:
    expected = ["refused: another signature", "told: response.completed True", "then: .*You wrote about: .*ferry"]
    holds("openai_webhook.py", "", url, tmp_path, *expected)
