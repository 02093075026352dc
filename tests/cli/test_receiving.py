"""`walkaway webhooks listen`: prints what comes, verified, and forgets itself however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.servers import PATIENCE, end, served
from walkaway_core.notify import signing

LOOPBACK = {"WALKAWAY_OUTBOUND_LOOPBACK": "yes", "WALKAWAY_REHEARSAL_DELAY": "0"}
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def listening(*options: str, ignoring: Iterable[signal.Signals] = ()) -> Iterator["subprocess.Popen[str]"]:
    """Run `walkaway webhooks listen` until the block ends, with these signals ignored and no others."""
    command = [sys.executable, "-m", "walkaway", "webhooks", "listen", "--port", "0", *options]
    with inherited(ignoring):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )
    assert process.stdout
    assert process.stderr
    try:
        yield process
    finally:
        end(process)
        process.stdout.close()
        process.stderr.close()


@contextmanager
def inherited(ignoring: Iterable[signal.Signals]) -> Iterator[None]:
    """Let processes that begin here ignore these signals, and no others that `nohup make test &` has us ignore."""
    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN if ending in ignoring else signal.SIG_DFL)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


@contextmanager
def registered(tmp_path: Path, **options: Any) -> Iterator[tuple[httpx.Client, "subprocess.Popen[str]"]]:
    """Run it beside a server of its own, until the block ends; in the block it is registered."""
    with served(tmp_path / "data", environ=LOOPBACK) as server, server.client() as client:
        with listening("--url", server.url, "--event", "turn.completed", **options) as process:
            assert process.stderr
            assert "Listening on http://127.0.0.1:" in process.stderr.readline()
            assert len(client.get("/v1/webhooks").json()) == 1
            yield client, process
        assert client.get("/v1/webhooks").json() == []


def test_listen_prints_what_comes_and_forgets_itself(tmp_path: Path) -> None:
    with registered(tmp_path) as (client, process):
        assert process.stdout
        assert process.stderr
        (hook,) = client.get("/v1/webhooks").json()
        assert client.get("/v1/webhooks").json()[0]["events"] == ["turn.completed"]
        sse.send(client, sse.new(client), "Write a poem about rain.")
        assert json.loads(process.stdout.readline())["type"] == "turn.completed"
        forged = httpx.post(hook["url"], json={"type": "turn.completed"}, timeout=PATIENCE)
        assert forged.status_code == 401
        assert "refused: it has no webhook-id" in process.stderr.readline()
    assert process.returncode == 0


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name)
def test_listen_forgets_itself_however_it_is_ended(tmp_path: Path, ending: signal.Signals) -> None:
    with registered(tmp_path) as (_, process):
        process.send_signal(ending)
        assert process.wait(PATIENCE) == 0


def test_listen_goes_on_when_what_it_was_told_to_ignore_comes(tmp_path: Path) -> None:
    with registered(tmp_path, ignoring=[signal.SIGINT, signal.SIGHUP]) as (client, process):
        assert process.stdout
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        sse.send(client, sse.new(client), "Write a poem about rain.")
        assert json.loads(process.stdout.readline())["type"] == "turn.completed"
    assert process.returncode == 0


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_listen_takes_no_proxy_to_a_server_on_this_machine(
    tmp_path: Path, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path / "data", environ=LOOPBACK) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.setenv(name, "[::1]" if name == "NO_PROXY" else proxy)
        with listening("--url", f"{server.url}\n", "--key", "unused\n", "--event", "turn.completed") as process:
            assert process.stderr
            assert "Listening on http://127.0.0.1:" in process.stderr.readline()


def test_listen_says_that_a_proxy_to_a_server_elsewhere_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with listening("--url", "http://192.0.2.1") as process:
        assert process.stderr
        assert "cannot be called from here" in process.stderr.readline()
        assert process.wait(PATIENCE) == 2


def test_listen_says_what_is_missing(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, listening("--url", server.url) as process:
        assert process.stderr
        assert "WALKAWAY_OUTBOUND_LOOPBACK=yes" in process.stderr.readline()
        assert process.wait(PATIENCE) == 1
    for url, why, code in (
        ("http://127.0.0.1:9", "No server", 5),
        ("http://127.0.0.1:x", "no address of a server", 2),
        ("http://a\u202e.example", "no address of a server", 2),
    ):
        with listening("--url", url) as process:
            assert process.stderr
            assert why in process.stderr.readline()
            assert process.wait(PATIENCE) == code


def test_listen_with_a_secret_registers_nothing() -> None:
    secret = signing.new_secret()
    with listening("--secret", secret) as process:
        assert process.stdout
        assert process.stderr
        url = process.stderr.readline().split()[2].rstrip(";")
        now, body = int(time.time()), b'{"type":"x"}'
        headers = {
            "webhook-id": "evt_1", "webhook-timestamp": str(now),
            "webhook-signature": signing.signature([secret], "evt_1", now, body),
        }  # fmt: skip
        assert httpx.post(url, content=body, headers=headers, timeout=PATIENCE).status_code == 200
        assert process.stdout.readline() == '{"type":"x"}\n'
