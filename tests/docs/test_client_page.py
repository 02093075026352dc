"""The client's page, as its reader runs it: each program after those before it, against a real server."""

import ctypes
import io
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.kit.servers import PATIENCE, served
from walkaway_core.notify import signing

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
BLOCK = re.compile(r"^(?:<!-- (.*?) -->\n)?```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDLESS = "never ends"
"""How a program is marked that is not waited for."""
MOMENT = 0.5
"""Seconds after which a program that never ends still runs."""
SECRET = "whsec_" + "QUJD" * 10


class Program(NamedTuple):
    """A block of the page, and what it is marked with."""

    mark: str
    code: str


PROGRAMS = [Program(*found) for found in BLOCK.findall(PAGE)]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the page's programs have defined when all have run, in a folder of their own."""
    folder, found, endless = tmp_path_factory.mktemp("page"), dict[str, Any](), list[threading.Thread]()
    with served(folder / "data") as server, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WALKAWAY_")]:
            patch.delenv(name)
        patch.setenv("WALKAWAY_URL", server.url)
        patch.setenv("WALKAWAY_WEBHOOK_SECRET", SECRET)
        patch.setattr("sys.stdin", io.StringIO("y\n"))
        patch.chdir(folder)
        for program in PROGRAMS:
            endless += _run(program, found)
        yield found
        for thread in endless:  # it ends when it wakes up, which it does when the server goes
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
        found["client"].close()
    for thread in endless:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _run(program: Program, names: dict[str, Any]) -> list[threading.Thread]:
    """Run a program; give the thread of one that never ends."""
    code = compile(program.code, "docs/client.md", "exec")
    if not program.mark:
        exec(code, names)
        return []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            exec(code, dict(names))
        except BaseException as error:  # noqa: BLE001 - the test asserts that there is none
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(MOMENT)
    assert thread.is_alive(), f"it is marked as one that {program.mark}, and ends: {raised}\n{program.code}"
    return [thread]


def test_each_program_runs_after_those_before_it(names: dict[str, Any]) -> None:
    assert len(PROGRAMS) == PAGE.count("```python\n") >= 7
    assert {program.mark for program in PROGRAMS} == {"", ENDLESS}
    assert names["result"].text
    assert Path("out/report.md").read_text()
    assert names["turn"].status == "completed"


def test_the_webhooks_program_takes_what_is_signed(names: dict[str, Any]) -> None:
    body, at = b'{"type":"session.expired","data":{"session_id":"sess_1"}}', int(time.time())
    signed = signing.signature([SECRET], "evt_1", at, body)
    names["hook"]({"Webhook-Id": "evt_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signed}, body)
