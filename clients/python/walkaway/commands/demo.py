"""`walkaway demo`: the main job, end to end, against a local server of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx2
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from walkaway_wire.events import MESSAGE_COMPLETED, TERMINAL, TEXT_DELTA

TASK = "Build a 12-page report on the history of lighthouses and write it to /opt/sandbox/workspace/report.md"
READY_SECONDS = 30
POLL_SECONDS = 0.1


class DemoFailed(click.ClickException):
    """Something did not go as it should."""


@click.command()
@click.option("--task", default=TASK, show_default=True, help="What to send the agent.")
def demo(task: str) -> None:
    """Show it: send a long task, drop the connection, come back for the result.

    Starts a server of its own on a free port, with a temporary data folder, and needs no key and no network.
    """
    console = Console(highlight=False, soft_wrap=True)
    with (
        tempfile.TemporaryDirectory(prefix="walkaway-demo-") as folder,
        _server(Path(folder)) as url,
        httpx2.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        _play(client, console, task)
    console.print("[green]Done.[/] The server and its data folder are gone again.")


def _play(client: httpx2.Client, console: Console, task: str) -> None:
    session = _ok(client.post("/v1/sessions", json={"persistent": True})).json()["id"]
    console.print(f"1. A persistent session: [bold]{session}[/]")
    console.print(f"2. The task: {task}")
    response, cursor = _send_and_drop(client, session, task)
    console.print(f"3. First text at event {cursor}, and the connection is [bold]dropped[/]. The agent goes on.")
    _watch(client, console, session)
    count, text = _come_back(client, session, response, cursor)
    console.print(f"5. Back at the log from event {cursor}: {count} more events, none missing. The agent's last words:")
    console.print(f"   {text}", markup=False)
    files = [entry["name"] for entry in _ok(client.get(f"/v1/sessions/{session}/files")).json()]
    for name in files:
        head, size = _download(client, session, name)
        console.print(f"6. Downloaded [bold]{name}[/], {size} bytes. It begins:")
        console.print("\n".join(f"   | {line}" for line in head), markup=False)
    _ok(client.delete(f"/v1/sessions/{session}"))
    console.print("7. The session is deleted.")


def _send_and_drop(client: httpx2.Client, session: str, task: str) -> tuple[str, int]:
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": task}) as stream:
        _ok(stream)
        for number, kind, _ in _events(stream):
            if kind == TEXT_DELTA:
                return stream.headers["x-response-id"], number
    raise DemoFailed("the stream ended before any text")


def _watch(client: httpx2.Client, console: Console, session: str) -> None:
    """Poll until the session is free; a person sees a bar, a pipe sees a line for each change."""
    console.print("4. Polling the session. `busy` is true; this is the metadata that the agent writes:")
    columns = TextColumn("   {task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar, shown = progress.add_task("working", total=100), ""
        while (record := _ok(client.get(f"/v1/sessions/{session}")).json())["busy"]:
            metadata = record["metadata"]
            if (text := json.dumps(metadata)) != shown:
                shown = text
                progress.update(bar, description=str(metadata.get("status", "working")))
                progress.update(bar, completed=float(metadata.get("percent", 0)))
                console.print(f"   busy, metadata: {text}", markup=False)
            time.sleep(POLL_SECONDS)
    console.print(f"   free, metadata: {json.dumps(record['metadata'])}", markup=False)


def _come_back(client: httpx2.Client, session: str, response: str, cursor: int) -> tuple[int, str]:
    """Read the rest of the log from the cursor; give how many events there were, and the last text."""
    url = f"/v1/sessions/{session}/responses/{response}/events"
    count, text = 0, ""
    with client.stream("GET", url, headers={"Last-Event-ID": str(cursor)}) as stream:
        _ok(stream)
        for number, kind, data in _events(stream):
            count += 1
            if number != cursor + count:
                raise DemoFailed(f"event {cursor + count} is missing")
            text = text + data["content"] if kind == TEXT_DELTA else "" if kind == "text.start" else text
            if kind in TERMINAL and kind != MESSAGE_COMPLETED:
                raise DemoFailed(f"the turn ended with {kind}: {data}")
    return count, text


def _download(client: httpx2.Client, session: str, name: str) -> tuple[list[str], int]:
    body = _ok(client.get(f"/v1/sessions/{session}/files/{name}")).content
    return body.decode(errors="replace").splitlines()[:6], len(body)


def _events(stream: httpx2.Response) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Read Server-Sent Events: number, type, data."""
    fields: dict[str, str] = {}
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def _ok(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_success:
        return answer
    raise DemoFailed(f"{answer.request.method} {answer.request.url}: {answer.read().decode(errors='replace')}")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run `walkaway serve` until the block ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    command = [sys.executable, "-m", "walkaway", "serve", "--port", "0", "--data", str(folder / "data")]
    log = folder / "server.log"
    with log.open("w") as err:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, env=environ, text=True)
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
    while time.monotonic() < end:
        try:
            return httpx2.get(f"{url}/health", trust_env=False).is_success
        except httpx2.TransportError:
            time.sleep(0.02)
    return False
