"""What functions have, against what agents' work may take of them: disk, memory, time; and where work is done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.template import Stack
from functions.call_model import app as call_model
from functions.run_tool import app as run_tool
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.shapes import MODEL, Deployed, deployed
from walkaway_core.agent.tools import TOOLSETS, promotion
from walkaway_core.agent.tools.bash import LONGEST
from walkaway_core.apart import child
from walkaway_core.apart.hand import Hand
from walkaway_core.doors import DOORS
from walkaway_core.doors.run_tool import LONGEST as PLACED
from walkaway_core.ports import sandbox

MB = 2**20
"""What Lambda calls a megabyte (Lambda quotas)."""


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    stack = Stack()
    return {name: stack.resolved(name) for name, _ in stack.resources("AWS::Lambda::Function")}


def disk(function: Any) -> int:
    return int(function["EphemeralStorage"]["Size"]) * MB


def test_what_a_command_leaves_fits_onto_the_disk_of_whoever_keeps_it(functions: dict[str, Any]) -> None:
    """Each file is gathered before it is sent; a call that was given up may still have one."""
    assert disk(functions["RunToolFunction"]) >= 2 * promotion.MOST_BYTES + 300_000_000


def test_what_a_command_may_read_and_leave_fits_onto_its_own(functions: dict[str, Any]) -> None:
    assert disk(functions["SandboxFunction"]) >= sandbox.MOST_BYTES + promotion.MOST_BYTES + 1_000_000_000


def test_a_function_lives_longer_than_any_call_that_it_carries_out(functions: dict[str, Any]) -> None:
    lives = functions["RunToolFunction"]["Timeout"]
    assert max(tool.lease() for tools in TOOLSETS.values() for tool in tools.values()) <= lives < PLACED
    assert functions["SandboxFunction"]["Timeout"] >= LONGEST + 60, "for files on their way"


@pytest.mark.parametrize(("name", "least"), [("CallModelFunction", 200_000_000), ("RunToolFunction", 500_000_000)])
def test_work_apart_has_room_beside_the_function_itself(
    functions: dict[str, Any], name: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Light tools need less: those that fetch and search are others."""
    size = int(functions[name]["MemorySize"])
    monkeypatch.setenv(child.FUNCTION, str(size))
    assert least <= child.memory() <= size * MB - child.OWN


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture(scope="module")
def shape(model: MessagesApi) -> Iterator[Deployed]:
    with deployed(model.url) as made:
        yield made


def test_a_page_is_read_by_run_tool_in_a_process_without_credentials(
    shape: Deployed, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the function that has the key of the model service; and not from an address of AWS's own."""
    asked: list[str] = []
    told: list[bytes] = []
    real_call, real_run = DOORS["CallModel"], DOORS["RunTool"]

    def calls(*arguments: Any) -> Any:
        asked.append("call_model")
        return real_call(*arguments)

    def runs(*arguments: Any) -> Any:
        asked.append("run_tool")
        return real_run(*arguments)

    do = Hand.do

    def done(hand: Hand, work: str, *arguments: Any) -> Any:
        told.append(Path(f"/proc/{hand._process.pid}/environ").read_bytes())
        assert asked[-1] == "run_tool"
        return do(hand, work, *arguments)

    monkeypatch.setattr(call_model, "call_model", calls)
    monkeypatch.setattr(run_tool, "run_tool", runs)
    monkeypatch.setattr(Hand, "do", done)
    addresses = ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"]
    model.replies = [*(Reply([call("fetch_url", url=address)]) for address in addresses), Reply([text("Done.")])]
    with shape.client() as client:
        turn = sse.send(client, sse.new(client, model=MODEL, allowed_tools=["fetch_url"]), "go")
    results = [event.data for event in turn if event.event == "tool_result"]
    assert [result["is_error"] for result in results] == [True, True]
    assert all("address" in result["content"] for result in results), results
    assert asked.count("run_tool") == 2
    assert told
    assert not [environ for environ in told if b"AWS_SECRET" in environ or b"AWS_ACCESS" in environ]
