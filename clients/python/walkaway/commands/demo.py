"""`walkaway demo`: a short play of these commands, each printed as it is typed, and run, on a server of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walkaway.commands import exits, options
from walkaway.commands.app import App, connected, pass_app
from walkaway.errors import WalkawayError
from walkaway.events import TextDelta

if TYPE_CHECKING:
    from walkaway import Walkaway

TASK = "Build a 12-page report on the history of lighthouses and write it to report.md"
KEY = "demo"
"""Any word: the server here takes no keys, and is to be sent none of the user's."""
READY_SECONDS = 30
POLL_SECONDS = 0.1


class DemoFailed(click.ClickException):
    """Something did not go as it should."""


@options.command(examples=("walkaway demo", 'walkaway demo --task "Write a poem about boats to poem.md"'))
@click.option("--task", default=TASK, show_default=True, help="What to give the agent.")
@pass_app
def demo(app: App, /, *, task: str) -> None:
    """Show it: give a long task, leave, come back for the result; each command as you would type it.

    Starts a server of its own on a free port, with a temporary data folder, and needs no key and no network.
    """
    with tempfile.TemporaryDirectory(prefix="walkaway-demo-") as folder, _server(Path(folder)) as url:
        _play(Stage(app, Path(folder), url), task)
    app.out.note("Done. The server and its data folder are gone again. Yours: walkaway serve")


class Stage:
    """Where commands are typed and run: a folder, whose settings are nobody's, and a server."""

    def __init__(self, app: App, folder: Path, url: str) -> None:
        self._out, self._folder, self.url = app.out, folder, url
        self._environ = _clean() | {"WALKAWAY_URL": url, "WALKAWAY_KEY": KEY}
        self._environ |= {"XDG_CONFIG_HOME": str(folder / "config"), "APPDATA": str(folder / "config")}
        self._environ |= {"COLUMNS": "100"} if not app.out.is_terminal else {}

    def say(self, words: str) -> None:
        """Say what comes next."""
        self._out.line(f"\n{self._out.paint(f'# {words}', dim=True)}")

    def run(self, *words: str) -> None:
        """Type a command, and run it to its end. Raises DemoFailed where it fails."""
        with self._typed(*words) as process:
            code = process.wait()
        if code:
            raise DemoFailed(f"`{_line(words)}` ended with {code}")

    def run_and_leave(self, client: "Walkaway", *words: str) -> None:
        """Type a command, and Ctrl-C once the agent has said something. Raises DemoFailed."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here, the command ignores
        try:
            with self._typed(*words) as process:
                _wait_for_words(client, process)
                process.send_signal(signal.SIGINT)
                code = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
        if code != exits.DETACHED:
            raise DemoFailed(f"`{_line(words)}` ended with {code}")

    @contextmanager
    def _typed(self, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
        self._out.line(self._out.paint(f"$ {_line(words)}", bold=True))
        command = [sys.executable, "-m", "walkaway", *words]
        with subprocess.Popen(command, env=self._environ, cwd=self._folder, stdin=subprocess.DEVNULL) as process:
            try:
                yield process
            finally:
                process.kill()


def _play(stage: Stage, task: str) -> None:
    with connected(url=stage.url, key=KEY) as client:
        stage.say("Give it a task, watch it begin, and leave: Ctrl-C cancels nothing")
        stage.run_and_leave(client, "run", task)
        stage.say("It goes on by itself. @ is the session that was used last")
        stage.run("sessions", "list")
        stage.run("sessions", "meta", "@")
        stage.say("Come back, from any machine: nothing was missed")
        stage.run("tail", "@", "-f", "--until-done")
        stage.say("What it has made, and what that took")
        stage.run("files", "ls")
        for name in [entry.path for entry in client.sessions.list(limit=1).first(1)[0].files.list() if entry.is_file]:
            stage.run("files", "get", name)
        stage.run("turns", "usage", "@")
        stage.say("Go on in the same session, or be done with it")
        stage.run("send", "@", "Thank you")
        stage.run("sessions", "delete", "@", "--yes")


def _wait_for_words(client: "Walkaway", process: "subprocess.Popen[bytes]") -> None:
    """Wait until the agent has said something to the command that runs, or that has ended."""
    try:
        while process.poll() is None:
            for session in client.sessions.list(busy=True, limit=1):
                for event in session.current.events(tools=False) if session.current else ():
                    if isinstance(event, TextDelta):
                        return
            time.sleep(POLL_SECONDS)
    except WalkawayError as error:
        raise DemoFailed(exits.sentence(error)) from None


def _line(words: tuple[str, ...]) -> str:
    """Write a command as it is typed."""
    return " ".join(["walkaway", *(f'"{word}"' if " " in word else word for word in words)])


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run `walkaway serve` until the block ends."""
    command = [sys.executable, "-m", "walkaway", "serve", "--port", "0", "--data", str(folder / "data")]
    log = folder / "server.log"
    with log.open("w") as err:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, env=_clean(), text=True)
    assert process.stdout
    try:
        url = next((word for word in process.stdout.readline().split() if word.startswith("http://")), "")
        if not url or not _ready(url):
            raise DemoFailed(f"the server did not start:\n{log.read_text()}")
        yield url
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _ready(url: str) -> bool:
    end = time.monotonic() + READY_SECONDS
    with connected(url=url, key=KEY, retries=0) as client:
        while time.monotonic() < end:
            try:
                client.request("GET", "/health")
            except WalkawayError:
                time.sleep(POLL_SECONDS)
            else:
                return True
    return False
