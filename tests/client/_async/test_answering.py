"""Tools that the program runs, and calls that need a yes, against a real server."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Literal

import pytest

from tests.kit.asking import TIME, WEATHER
from tests.kit.clients import async_quick, decided_later, look_up
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway import AsyncWalkaway, Call, Deny, Tool, ToolError, errors, tool


@tool
def stock(sku: str, warehouse: Literal["HAM", "ROT"] = "HAM") -> dict[str, object]:
    """Tell how many pieces are in stock."""
    return {"sku": sku, "pieces": 7, "warehouse": warehouse}


def answers(model: MessagesApi) -> dict[str, str]:
    """What the model was told last, by the call."""
    blocks = [block for said in model.requests[-1]["messages"] for block in said["content"] if isinstance(block, dict)]
    return {block["tool_use_id"]: str(block["content"]) for block in blocks if block["type"] == "tool_result"}


def asks(model: MessagesApi, *calls: dict[str, object]) -> None:
    model.replies = [Reply(list(calls)), Reply([text("done")])]


async def test_a_function_is_asked_and_its_answer_told(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("stock", "t1", sku="A-1", warehouse="ROT"))
    async with async_quick(scripted.url) as client:
        assert (await client.run("How many?", tools=[stock])).text == "done"
    assert "'pieces':7" in answers(model)["t1"].replace('"', "'")
    (told,) = [each for each in model.requests[0]["tools"] if each["name"] == "stock"]
    assert told["input_schema"]["properties"]["warehouse"]["enum"] == ["HAM", "ROT"]


@pytest.mark.parametrize("how", ["result", "events", "texts", "wait"])
async def test_every_way_of_reading_runs_tools(scripted: Running, model: MessagesApi, how: str) -> None:
    asks(model, call("stock", "t1", sku="A-1"))
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create(tools=[stock])).send("go")
        if how == "result":
            await turn.result()
        elif how == "wait":
            await turn.wait()
        elif how == "events":
            assert [event async for event in turn.events()][-1].at_end
        else:
            assert "".join([piece async for piece in turn.texts()]) == "done"
        assert turn.text == "done"


async def test_functions_and_settings_of_a_message_are_of_its_turn_alone(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("stock", "t1", sku="A-1"))
    async with async_quick(scripted.url) as client:
        session = await client.sessions.create(max_steps=50)
        result = await session.ask("How many?", tools=[stock], max_steps=3, effort="low")
        assert (result.text, result.turn.record.max_steps, result.turn.record.tools) == ("done", 3, ["stock"])
        assert "'pieces':7" in answers(model)["t1"].replace('"', "'")
        after = await (await session.send("And now?")).result()
        assert (after.turn.record.max_steps, after.turn.record.tools) == (50, [])
    assert [one.get("output_config") for one in model.requests] == [{"effort": "low"}, {"effort": "low"}, None]


async def test_calls_of_one_step_run_side_by_side(scripted: Running, model: MessagesApi) -> None:
    both = threading.Barrier(2, timeout=30)

    @tool
    def meet(who: str) -> str:
        """Wait for the other one."""
        both.wait()
        return who

    asks(model, call("meet", "t1", who="a"), call("meet", "t2", who="b"))
    async with async_quick(scripted.url) as client:
        await client.run("go", tools=[meet])
    assert answers(model) == {"t1": "a", "t2": "b"}


async def test_an_async_function_is_awaited(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("look_up", "t1", what="tides"))
    async with async_quick(scripted.url) as client:
        await client.run("go", tools=[look_up])
    assert answers(model) == {"t1": "tides for t1 of msg_sess_"}


async def test_what_goes_wrong_is_told_and_the_turn_goes_on(
    scripted: Running, model: MessagesApi, caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    def refuse(sku: str) -> None:
        """Refuse."""
        raise ToolError(f"there is no {sku}")

    @tool
    def break_down(sku: str) -> None:
        """Break."""
        raise KeyError(sku)

    @tool
    def odd() -> object:
        """Give what is no JSON."""
        return object()

    asks(
        model,
        call("refuse", "t1", sku="B"), call("break_down", "t2", sku="C"), call("odd", "t3"),
        call("stock", "t4", sku=5, colour="red"),
    )  # fmt: skip
    with caplog.at_level(logging.ERROR, "walkaway"):
        async with async_quick(scripted.url) as client:
            assert (await client.run("go", tools=[refuse, break_down, odd, stock])).text == "done"
    told = answers(model)
    assert told["t1"] == "there is no B"
    assert told["t2"] == "KeyError: 'C'"
    assert told["t3"].startswith("TypeError: odd returned what is no JSON")
    assert told["t4"] == "`sku` must be text; `colour` is not known"
    assert "break_down raised, call t2" in caplog.text


class Mute(Exception):
    """An error without words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def raising(error: BaseException) -> object:
    raise error


ODD: dict[str, tuple[Callable[[], object], str, str]] = {
    "above 4 MB": (lambda: "x" * 5_000_000, "What odd gave could not be told: ", ""),
    "an error above 4 MB": (lambda: raising(ToolError("x" * 5_000_000)), "What odd gave could not be told: ", ""),
    "half a character": (lambda: os.fsdecode(b"caf\xe9.txt"), "caf\ufffd.txt", ""),
    "half a character in a list": (lambda: ["caf\udce9.txt"], "caf\ufffd.txt", ""),
    "an error with half a character": (lambda: raising(ToolError("caf\udce9.txt")), "caf\ufffd.txt", ""),
    "an error without words": (lambda: raising(Mute()), "Mute: its text cannot be had (RuntimeError)", "Mute"),
    "sys.exit": (lambda: sys.exit(3), "SystemExit: 3", "SystemExit"),
    "an interruption": (lambda: raising(KeyboardInterrupt()), "KeyboardInterrupt: ", "KeyboardInterrupt"),
    "a generator's end": (lambda: raising(GeneratorExit()), "GeneratorExit: ", "GeneratorExit"),
    "a cancellation": (lambda: raising(asyncio.CancelledError()), "CancelledError: ", "CancelledError"),
    "an iterator's end": (lambda: raising(StopIteration(5)), "StopIteration: 5", "StopIteration"),
}


@pytest.mark.parametrize("what", ODD)
async def test_whatever_a_function_does_its_call_is_answered(
    scripted: Running, model: MessagesApi, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    act, expected, logged = ODD[what]

    @tool
    def odd() -> object:
        """Do it."""
        return act()

    asks(model, call("odd", "t1"))
    with caplog.at_level(logging.ERROR, "walkaway"):
        async with async_quick(scripted.url) as client:
            assert (await client.run("go", tools=[odd], timeout=20)).text == "done"
    assert expected in answers(model)["t1"]
    assert logged in caplog.text


async def test_an_async_function_that_is_cancelled_is_answered(scripted: Running, model: MessagesApi) -> None:
    @tool
    async def odd() -> object:
        """Do it."""
        raise asyncio.CancelledError

    asks(model, call("odd", "t1"))
    async with async_quick(scripted.url) as client:
        assert (await client.run("go", tools=[odd], timeout=20)).text == "done"
    assert answers(model)["t1"] == "CancelledError: "


# Its claim may be renewed in the moment in which the client closes: that connection is left to the interpreter.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_function_that_never_returns_is_named_when_time_is_over(scripted: Running, model: MessagesApi) -> None:
    forever = threading.Event()

    @tool
    def hang() -> None:
        """Hang."""
        forever.wait(60)

    asks(model, call("hang", "t1"))
    async with async_quick(scripted.url) as client:
        with pytest.raises(errors.TimedOut, match=r"your function for hang \(t1\) has not returned\. It goes on"):
            await client.run("go", tools=[hang], timeout=3)
    forever.set()


async def test_a_yes_and_a_no(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("list_files", "t1"), call("write_file", "t2", path="a", text="b"))
    asked = []

    def decide(call: Call) -> bool | Deny:
        asked.append((call.name, call.needs))
        return call.name == "list_files" or Deny("not on a Friday")

    async with async_quick(scripted.url) as client:
        await client.run("Tidy up", approve=["list_files", "write_file"], on_approval=decide)
    assert sorted(asked) == [("list_files", "approval"), ("write_file", "approval")]
    assert "not on a Friday" in answers(model)["t2"]
    assert "not on a Friday" not in answers(model)["t1"]


async def test_an_approver_may_be_async(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("list_files", "t1"))

    async with async_quick(scripted.url) as client:
        assert (await client.run("go", approve=["list_files"], on_approval=decided_later)).text == "done"


async def test_an_approver_that_raises_is_no_answer(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("list_files", "t1"))

    def decide(call: Call) -> bool:
        raise LookupError(call.name)

    async with async_quick(scripted.url) as client:
        session = await client.sessions.create(approve=["list_files"])
        turn = await session.send("go")
        with pytest.raises(errors.WalkawayError, match=r"asked for a yes to list_files raised LookupError") as caught:
            await turn.result(on_approval=decide)
        assert "The call still waits: turn.approve(call)" in str(caught.value)
        assert caught.value.turn is turn
        assert [each.call_id for each in (await turn.refresh()).pending] == ["t1"]


@pytest.mark.parametrize("how", ["result", "wait"])
@pytest.mark.parametrize("verdict", [None, 1, "no"])
async def test_an_approver_that_says_neither_yes_nor_no_is_no_answer(
    scripted: Running, model: MessagesApi, verdict: Any, how: str
) -> None:
    asks(model, call("list_files", "t1"))
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create(approve=["list_files"])).send("go")
        read: Any = turn.result if how == "result" else turn.wait
        said = r"list_files \(t1\) returned .*; return True, False or Deny"
        with pytest.raises(errors.WalkawayError, match=said) as caught:
            await read(on_approval=lambda _: verdict)
        assert caught.value.turn is turn
        assert [each.call_id for each in (await turn.refresh()).pending] == ["t1"]


async def test_a_function_that_would_end_the_program_is_an_error(scripted: Running, model: MessagesApi) -> None:
    @tool
    def leave() -> None:
        """Leave."""
        sys.exit("I am leaving")

    asks(model, call("leave", "t1"))
    async with async_quick(scripted.url) as client:
        await client.run("go", tools=[leave], timeout=20)
    assert answers(model)["t1"] == "SystemExit: I am leaving"


async def test_what_nobody_here_answers_is_raised_or_waited_for(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("get_time", "t1", zone="Z"), call("stock", "t2", sku="A"))
    async with async_quick(scripted.url) as client:
        session = await client.sessions.create(tools=[TIME, WEATHER, stock])
        turn = await session.send("go")
        with pytest.raises(
            errors.TurnWaiting, match=r"waits for get_time \(output, t1\)\. Answer by turn\.answer"
        ) as waiting:
            await turn.result()
        assert [each.call_id for each in waiting.value.calls] == ["t1"]  # the other one was answered here
        await turn.answer(waiting.value.calls[0], "12:04")
        assert (await turn.result(on_waiting="wait")).text == "done"
    assert answers(model)["t1"] == "12:04"


async def test_a_turn_is_answered_by_hand(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("get_time", "t1", zone="Z"), call("list_files", "t2"), call("glob", "t3"))
    model.replies[0] = Reply([call("get_time", "t1", zone="Z"), call("list_files", "t2")])
    async with async_quick(scripted.url) as client:
        session = await client.sessions.create(tools=[TIME], approve=["list_files"])
        turn = await session.send("go")
        with pytest.raises(errors.TurnWaiting):
            await turn.result()
        await turn.deny("t2", "no need")
        await turn.answer("t1", {"hour": 12}, is_error=True)
        await turn.answer("t1", {"hour": 12}, is_error=True)  # the same again is no error
        with pytest.raises(errors.AlreadyAnswered):
            await turn.answer("t1", "another")
        assert (await turn.result()).text == "done"
    assert "no need" in answers(model)["t2"]


async def test_an_old_log_runs_nothing_again(scripted: Running, model: MessagesApi) -> None:
    ran = []

    @tool
    def once(sku: str) -> str:
        """Count."""
        ran.append(sku)
        return "ok"

    asks(model, call("once", "t1", sku="A"))
    async with async_quick(scripted.url) as client:
        session = await client.sessions.create(tools=[once])
        turn = await session.send("go")
        await turn.result()
        every = [event async for event in turn.events(after=-1)]
        assert "tool_call.requested" in [event.type for event in every]
    assert ran == ["A"]


async def test_tools_of_the_client_answer_in_every_session(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("hour", "t1"))

    async def use(client: AsyncWalkaway) -> Tool:
        @client.tool
        def hour() -> int:
            """Tell the hour."""
            return 12

        return hour

    async with async_quick(scripted.url) as client:
        hour = await use(client)
        assert hour() == 12
        made = await client.sessions.create(tools=[hour.definition])
        turn = await made.send("go")
        assert (await client.turn(turn.ref).result()).text == "done"
        assert (await client.turn(turn.ref).result(tools=False)).text == "done"


async def test_events_can_be_read_without_running_tools(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("stock", "t1", sku="A"))
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create(tools=[stock])).send("go")
        async for event in turn.events(tools=False):
            if event.type == "tool_call.requested":
                break
        with pytest.raises(errors.TurnWaiting):
            await turn.result(tools=False)
        assert (await turn.result()).text == "done"


async def test_two_programs_answer_a_call_once(scripted: Running, model: MessagesApi) -> None:
    asks(model, call("stock", "t1", sku="A"))
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create(tools=[stock])).send("go")
        other = client.turn(turn.ref)
        other.own["stock"] = stock
        first, second = await turn.result(), await other.result()
        assert first.text == second.text == "done"
    assert list(answers(model)) == ["t1"]
