"""Turns against a real server: sent once, waited for, left and found again, cancelled, failed."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.kit.clients import RECORD, async_quick, async_scripted, events as stream, log, look_up, no, said, sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway import Call, errors
from walkaway._async.crew import sleep
from walkaway.events import MessageCompleted, TurnSteered
from walkaway_wire import jsontext


async def test_a_result_has_what_came_of_it(server: Running) -> None:
    async with async_quick(server.url) as client:
        result = await client.run("Write a poem about rain.")
        assert result.status == "completed"
        assert "rain" in result.text
        assert result.usage["output_tokens"] > 0
        assert (result.cost_usd, result.steps, result.calls) == (0, 1, ())
        assert result.turn.record.output_text == result.text


async def test_a_result_shows_what_a_reader_wants_and_a_queue_how_it_stands(server: Running) -> None:
    async with async_quick(server.url) as client:
        result = await client.run("Write a report on moss to moss.md")
        assert "_transport" not in repr(result)
        assert result.files == result.turn.files
        assert isinstance(result.turn.files, tuple)
        session = client.session("sess_1")
        session.raw = {"queue": ["msg_2"], "response_id": "msg_1"}
        assert [repr(each).split()[-1] for each in (*session.queue, session.current)] == ["queued>", "in_progress>"]


async def test_a_ref_is_all_that_has_to_be_kept(server: Running) -> None:
    async with async_quick(server.url) as client:
        sent = await (await client.sessions.create()).send("Write a poem about snow.")
        kept = sent.ref
    async with async_quick(server.url) as other:
        turn = other.turn(f" {kept}\n")
        assert (turn.status, turn.text, turn.ended) == ("", "", False)
        assert "snow" in (await turn.result()).text


@pytest.mark.parametrize("ref", ["", "sess_1", "msg_1/sess_1", "https://x/sess_1/msg_1"])
async def test_what_names_no_turn_is_refused(server: Running, ref: str) -> None:
    async with async_quick(server.url) as client:
        with pytest.raises(errors.SettingInvalid, match="names no turn"):
            client.turn(ref)


async def test_a_turn_of_another_tenant_is_not_there(server: Running) -> None:
    async with async_quick(server.url) as client, async_quick(server.url, "beta-key") as stranger:
        sent = await (await client.sessions.create()).send("Write a poem.")
        for deed in (stranger.turn(sent.ref).result, stranger.turn(sent.ref).refresh, stranger.turn(sent.ref).cancel):
            with pytest.raises(errors.NotFound, match="There is no such session"):
                await deed()
        with pytest.raises(errors.NotFound):
            [event async for event in stranger.turn(sent.ref).events()]


async def test_a_wrong_key_is_said_with_its_source(server: Running) -> None:
    async with async_quick(server.url, "wrong") as client:
        with pytest.raises(errors.Unauthorized, match="The key came from key="):
            await client.run("Hello")


async def test_a_cancelled_turn_raises_and_keeps_what_it_said(scripted: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("half of it, and more")], gate=gate)]
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create()).send("go")
        async for event in turn.events():
            if event.type == "text.delta":
                break
        said_so_far = turn.text
        await turn.cancel()
        gate.set()
        assert (turn.status, turn.ended) == ("cancelled", True)
        assert said_so_far
        with pytest.raises(errors.TurnCancelled, match="was cancelled"):
            await turn.result()
        assert (await turn.result(raise_on_failure=False)).status == "cancelled"


async def test_a_failed_turn_says_why(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply(status=401, error="who are you?", kind="authentication_error")]
    async with async_quick(scripted.url) as client:
        with pytest.raises(errors.TurnFailed, match="who are you") as caught:
            await client.run("go")
        assert caught.value.turn.status == "failed"
        assert (await caught.value.turn.result(raise_on_failure=False)).status == "failed"


async def test_the_time_of_a_result_ends_and_the_turn_goes_on(scripted: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("at last, it is done")], gate=gate)]
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create()).send("go")
        with pytest.raises(
            errors.TimedOut, match=r"has not ended within 0\.2 s\. It goes on: client\.turn\('sess_"
        ) as late:
            await turn.result(timeout=0.2)
        assert late.value.turn is turn
        gate.set()
        assert (await turn.result(timeout=30)).text == "at last, it is done"


@pytest.mark.parametrize("how", ["result", "wait", "ask", "run"])
async def test_the_time_of_a_result_ends_where_nobody_answers(how: str) -> None:
    """Pauses between tries are seconds here; the deadline is not waited beyond for one."""
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        raise httpx2.ConnectError("nobody is there")

    async with async_scripted(handle) as client:
        transport = client._transport
        transport.options = dataclasses.replace(transport.options, first_wait=10.0)
        turn = client.turn("sess_1/msg_1")
        deeds: dict[str, Any] = {
            "result": lambda: turn.result(timeout=0.1),
            "wait": lambda: turn.wait(timeout=0.1),
            "ask": lambda: client.session("sess_1").ask("go", timeout=0.1),
            "run": lambda: client.run("go", timeout=0.1),
        }
        with pytest.raises(errors.Unreachable, match="cannot be reached: nobody is there") as late:
            await deeds[how]()
        assert len(asked) == 1
        if how in {"result", "wait"}:
            assert isinstance(late.value, errors.TimedOut)
            assert "client.turn('sess_1/msg_1').result() waits for it anew" in str(late.value)


async def test_messages_to_a_busy_session(scripted: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("one two three")], gate=gate), Reply([text("steered")]), Reply([text("queued")])]
    async with async_quick(scripted.url) as client:
        session = await client.sessions.create()
        turn = await session.send("first")
        with pytest.raises(errors.SessionBusy, match="on_busy=") as busy:
            await session.send("second")
        assert busy.value.turn == turn.id
        assert str(busy.value).count("enqueue") == 1
        steered = await session.send("only those", on_busy="steer")
        queued = await session.send("then the same", on_busy="enqueue")
        assert (turn.outcome, steered.outcome, queued.outcome) == ("started", "steered", "queued")
        await session.refresh()
        assert session.busy
        assert [each.id for each in session.queue] == [queued.id]
        assert session.current
        assert session.current.id == turn.id == steered.id
        gate.set()
        events = [event async for event in steered.events()]
        assert isinstance(events[0], TurnSteered)
        assert (await turn.result()).text == "steered"
        assert (await queued.result()).text == "queued"
        assert [each.id async for each in session.turns()] == [queued.id, turn.id]


async def test_the_log_can_be_read_again_and_from_anywhere(server: Running) -> None:
    async with async_quick(server.url) as client:
        turn = await (await client.sessions.create()).send("Write a poem about fog.")
        every = [event async for event in turn.events()]
        assert isinstance(every[-1], MessageCompleted)
        assert [event async for event in turn.events()] == []
        assert [event async for event in turn.events(after=-1)] == every
        assert [event async for event in turn.events(after=3)] == every[4:]
        assert [event async for event in turn.events(after=-1, follow=False)] == every
        with pytest.raises(errors.CursorInvalid):
            [event async for event in turn.events(after=10**6)]


async def test_what_is_there_is_given_without_waiting(scripted: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("a word, and then another one")], gate=gate)]
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create()).send("go")
        async for event in turn.events():
            if event.type == "text.delta":
                break
        there = [event async for event in turn.events(after=-1, follow=False)]
        assert "text.delta" in [event.type for event in there]
        assert not there[-1].at_end
        gate.set()
        await turn.wait()


class TestOlderServers:
    async def test_a_result_is_had_without_long_polls(self) -> None:
        asked = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.query)
            return no(404, "not_found") if request.url.path == "/v1/me" else said(RECORD)

        async with async_scripted(handle) as client:
            assert (await client.turn("sess_1/msg_1").result()).cost_usd == 0.5
        assert asked == [b"", b""]

    async def test_files_of_a_result_are_missed_in_a_sentence(self, tmp_path: Path) -> None:
        def handle(request: httpx2.Request) -> httpx2.Response:
            return no(404, "not_found") if request.url.path == "/v1/me" else said(RECORD)

        async with async_scripted(handle) as client:
            result = await client.turn("sess_1/msg_1").result()
            assert result.files is None
            with pytest.raises(errors.FeatureMissing, match="older and does not tell which files") as caught:
                await result.save(tmp_path)
        assert caught.value.feature == "files_of_turns"

    async def test_a_word_that_is_new_is_shown_as_it_came(self) -> None:
        new = {**RECORD, "status": "resting", "later": [1]}
        async with async_scripted(lambda _: said(new)) as client:
            turn = await client.turn("sess_1/msg_1").refresh()
        assert (turn.status, str(turn.record.status), turn.raw["later"]) == ("resting", "resting", [1])


async def test_long_polls_hold_no_stream() -> None:
    """Of a server that has them: the second one has the end."""
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/me":
            return said({"features": ["wait"]})
        asked.append(dict(request.url.params))
        return said(RECORD if len(asked) > 2 else {**RECORD, "status": "in_progress"})

    async with async_scripted(handle) as client:
        assert (await client.turn("sess_1/msg_1").result()).status == "completed"
    assert asked == [{"wait": "25.0", "until": "waiting"}] * 3


class TestCallsInTheLog:
    """What a reader of events knows of the calls that the turn waits for."""

    LOG = log(
        ("message.created", {"id": "msg_1", "session_id": "sess_1", "status": "in_progress"}),
        ("tool_call.requested", {"call_id": "t1", "name": "look_up", "arguments": {"what": "sea"}, "needs": "output"}),
        ("tool_call.requested", {"call_id": "t2", "name": "bash", "arguments": {}, "needs": "approval"}),
        ("tool_result", {"id": "t1", "content": "blue"}),
        ("message.completed", {"id": "msg_1", "status": "completed"}),
    )

    async def test_a_call_is_pending_while_its_event_is_handled(self) -> None:
        def handle(request: httpx2.Request) -> httpx2.Response:
            return stream([sse(self.LOG)]) if request.url.path.endswith("/events") else said(RECORD)

        seen = []
        async with async_scripted(handle) as client:
            turn = client.turn("sess_1/msg_1")
            async for event in turn.events():
                seen.append([call.call_id for call in turn.pending])
                assert event.turn_id == "msg_1"
        assert seen == [[], ["t1"], ["t1", "t2"], ["t2"], []]

    @pytest.mark.parametrize("patience", [600.0, 0.0])
    async def test_a_call_that_could_not_be_looked_at_is_not_lost(self, patience: float) -> None:
        trouble = 40  # more than a request is repeated
        answers, looks = list[Any](), list[int]()
        waits = {**RECORD, "status": "in_progress", "pending_tool_calls": [self.LOG[1].data]}

        def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/events"):
                return stream([sse(self.LOG, int(request.headers.get("last-event-id", "-1")))])
            if request.url.path.endswith("/tool_results"):
                answers.append(jsontext.loads(request.content)["results"])
                return said({"response_id": "msg_1", "pending_tool_calls": []})
            if request.url.path == "/v1/me":
                return no(404, "not_found")
            looks.append(1)
            return no(500) if len(looks) <= trouble else said(waits if len(looks) == trouble + 1 else RECORD)

        async with async_scripted(handle, patience=patience) as client:
            client.tool(name="look_up", description="Looks up")(look_up.function)
            turn = client.turn("sess_1/msg_1")
            if not patience:
                with pytest.raises(errors.ConnectionLost) as caught:
                    [event async for event in turn.events()]
                assert turn.cursor == caught.value.cursor == "0"
                trouble = len(looks)
            read = []
            async for event in turn.events(-1 if patience else None):
                read.append(event.number)
                if event.number == 1:
                    while not answers:
                        await sleep(0.01)
        assert read == [0, 1, 2, 3, 4][0 if patience else 1 :]
        assert [each["call_id"] for each in answers[0]] == ["t1"]
        assert len(answers) == 1

    async def test_an_error_of_reading_events_leads_back_to_the_turn(self) -> None:
        record = {**RECORD, "status": "in_progress", "pending_tool_calls": [self.LOG[2].data]}

        def handle(request: httpx2.Request) -> httpx2.Response:
            return stream([sse(self.LOG[:3])]) if request.url.path.endswith("/events") else said(record)

        def ask(call: Call) -> bool:
            raise RuntimeError(f"nobody is here for {call.name}")

        async with async_scripted(handle) as client:
            turn = client.turn("sess_1/msg_1")
            with pytest.raises(errors.WalkawayError, match="nobody is here for bash") as caught:
                [event async for event in turn.events(on_approval=ask)]
        assert caught.value.turn is turn


@pytest.mark.parametrize("how", ["ask", "run"])
async def test_the_time_that_was_given_is_what_is_said(scripted: Running, model: MessagesApi, how: str) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("at last")], gate=gate)]
    async with async_quick(scripted.url) as client:
        deed = client.run if how == "run" else (await client.sessions.create()).ask
        with pytest.raises(errors.TimedOut, match=r"has not ended within 0\.7 s\. It goes on"):
            await deed("go", timeout=0.7)
        gate.set()


async def test_what_is_known_to_wait_for_others_is_told_at_once() -> None:
    """The server is not asked to wait for an end."""
    asked: list[str | None] = []
    waits = {"call_id": "t1", "name": "stock", "arguments": {}, "needs": "output"}

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/me":
            return said({"features": ["wait"]})
        asked.append(request.url.params.get("until"))
        return said({"id": "msg_1", "status": "in_progress", "pending_tool_calls": [waits]})

    async with async_scripted(handle) as client:
        turn = await client.turn("sess_1/msg_1").refresh()
        assert turn.pending
        with pytest.raises(errors.TurnWaiting):
            await turn.result(tools=False)
    assert asked == [None, "waiting"]
