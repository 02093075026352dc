"""One loop, nothing lost: whatever connections do, events and text are the same."""

import gc
import threading
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx2
import pytest
from hypothesis import example, given, settings, strategies as st

from tests.client._async.crew import run
from tests.kit.bad_proxy import Plan, bad_proxy
from tests.kit.clients import RECORD, STORY, TEXT, Endless, async_quick, async_scripted, events, log, no, sse, telling
from tests.kit.restarts import Restarted, restarted
from tests.kit.servers import Running
from walkaway import AsyncTurn, errors
from walkaway.events import Event, MessageCompleted, StepStarted, TextDelta, Unknown

WHOLE = sse(STORY)
BROKEN = httpx2.ReadError("it broke")


async def read(turn: AsyncTurn) -> list[Event]:
    return [event async for event in turn.events()]


def same(found: list[Event], expected: list[str] | None = None) -> None:
    assert [event.number for event in found] == list(range(len(found)))
    assert [event.type for event in found] == (expected or [event.type for event in STORY])


class TestSplits:
    """For every split of a log into connections, events and text are equal."""

    async def told(self, connection: Callable[[int], httpx2.Response]) -> bool:
        async with async_scripted(telling(connection)) as client:
            turn = client.turn("sess_1/msg_1")
            found = await read(turn)
        same(found)
        assert [event.data for event in found] == [event.data for event in STORY]
        assert turn.text == TEXT
        return turn.status == "completed"

    @pytest.mark.parametrize("error", [BROKEN, None])
    async def test_a_log_that_is_cut_at_each_byte_is_whole(self, error: Exception | None) -> None:
        for cut in range(len(WHOLE)):
            left = [cut]

            def connection(after: int, left: list[int] = left) -> httpx2.Response:
                return events([WHOLE[: left.pop()]], error) if left else events([sse(STORY, after)])

            assert await self.told(connection)

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30), st.booleans(), st.integers(0, 3)), max_size=12))
    @example([(0, 1, True, 0)] * 3)
    def test_any_history_of_connections_is_one_log(self, plans: list[tuple[int, int, bool, int]]) -> None:
        """Each connection has so many bytes, in pieces, ends well or badly, and begins so many events too early."""
        left = list(plans)

        def connection(after: int) -> httpx2.Response:
            if not left:
                return events([sse(STORY, after)])
            count, piece, breaks, early = left.pop()
            some = sse(STORY, max(-1, after - early))[:count]
            pieces = [some[start : start + piece] for start in range(0, len(some), piece)]
            return events(pieces, BROKEN if breaks else None)

        assert run(self.told(connection))

    async def test_ends_of_lines_may_be_any(self) -> None:
        for end in (b"\r\n", b"\r"):
            whole = WHOLE.replace(b"\n", end)
            assert await self.told(lambda _, whole=whole: events([bytes([each]) for each in whole]))  # type: ignore[misc]


class TestRules:
    async def test_what_is_not_known_flows_on(self) -> None:
        async with async_scripted(telling(lambda after: events([sse(STORY, after)]))) as client:
            (strange,) = [e for e in await read(client.turn("sess_1/msg_1")) if isinstance(e, Unknown)]
        assert (strange.type, strange.data["content"], strange.number) == ("harbour.opened", "kept", 10)

    async def test_a_gap_is_never_silent(self) -> None:
        holed = [event for event in STORY if event.number != 3]
        async with async_scripted(telling(lambda _: events([sse(holed)]))) as client:
            with pytest.raises(errors.LogBroken, match="4 came behind 2"):
                await read(client.turn("sess_1/msg_1"))

    async def test_a_new_attempt_withdraws_what_the_other_wrote(self) -> None:
        async with async_scripted(telling(lambda after: events([sse(STORY, after)]))) as client:
            turn = client.turn("sess_1/msg_1")
            seen = [turn.text async for event in turn.events() if isinstance(event, StepStarted)]
            assert seen == ["", ""]
            deltas = [text async for text in client.turn("sess_1/msg_1").texts()]
        assert "".join(deltas) == f"Half a senten{TEXT}"

    async def test_no_content_is_the_end(self) -> None:
        async with async_scripted(telling(lambda _: httpx2.Response(204))) as client:
            turn = client.turn("sess_1/msg_1")
            assert [event async for event in turn.events(after=12)] == []

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, "cursor.invalid", errors.CursorInvalid),
            (401, "unauthorized", errors.Unauthorized),
            (403, "forbidden_host", errors.Forbidden),
            (404, "response.not_found", errors.NotFound),
        ],
    )
    async def test_a_refusal_is_not_repeated(self, status: int, code: str, kind: type[Exception]) -> None:
        asked = []

        def connection(after: int) -> httpx2.Response:
            asked.append(after)
            return no(status, code)

        async with async_scripted(telling(connection)) as client:
            with pytest.raises(kind):
                await read(client.turn("sess_1/msg_1"))
        assert asked == [-1]

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    async def test_trouble_of_the_server_is_waited_out(self, status: int) -> None:
        troubles = [no(status), no(status)]
        async with async_scripted(
            telling(lambda after: troubles.pop() if troubles else events([sse(STORY, after)]))
        ) as client:
            same(await read(client.turn("sess_1/msg_1")))

    async def test_patience_has_an_end_and_a_cursor_to_go_on_from(self) -> None:
        up = True

        def connection(after: int) -> httpx2.Response:
            if after < 0:
                return events([sse(STORY[:4])], BROKEN)
            if up:
                raise httpx2.ConnectError("nobody is there")
            return events([sse(STORY, after)])

        async with async_scripted(telling(connection), patience=0.02) as client:
            turn = client.turn("sess_1/msg_1")
            with pytest.raises(errors.ConnectionLost, match="nobody is there") as lost:
                await read(turn)
            assert lost.value.cursor == turn.cursor == "3"
            up = False
            rest = await read(turn)
        assert [event.number for event in rest] == list(range(4, 13))
        assert turn.text == TEXT

    @pytest.mark.parametrize("how", ["events", "texts"])
    async def test_a_server_that_is_away_at_the_beginning_is_waited_for(self, how: str) -> None:
        asked = []
        serve = telling(lambda after: events([sse(STORY, after)]))

        def handle(request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.path)
            if len(asked) < 30:
                raise httpx2.ConnectError("nobody is there")
            return serve(request)

        async with async_scripted(handle) as client:
            turn = client.turn("sess_1/msg_1")
            if how == "events":
                same(await read(turn))
            else:
                assert "".join([text async for text in turn.texts()]).endswith(TEXT)

    async def test_patience_has_an_end_at_the_beginning_too(self) -> None:
        def handle(request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("nobody is there")

        async with async_scripted(handle, patience=0.02) as client:
            with pytest.raises(errors.ConnectionLost, match="nobody is there") as lost:
                await read(client.turn("sess_1/msg_1"))
        assert lost.value.cursor == ""

    async def test_an_event_lets_patience_begin_anew(self) -> None:
        """Every connection gives one event and breaks, for much longer than patience would allow."""

        def connection(after: int) -> httpx2.Response:
            return events([sse(STORY[: after + 2], after)], BROKEN)

        async with async_scripted(telling(connection), patience=0.01) as client:
            same(await read(client.turn("sess_1/msg_1")))

    async def test_what_is_no_walkaway_is_said_to_be_none(self) -> None:
        page = httpx2.Response(200, html="<p>Welcome</p>")
        async with async_scripted(telling(lambda _: page)) as client:
            with pytest.raises(errors.NotWalkaway, match="Is the address right"):
                await read(client.turn("sess_1/msg_1"))

    async def test_leaving_the_loop_closes_the_connection_and_cancels_nothing(self) -> None:
        closed = threading.Event()

        answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Endless(closed))
        async with async_scripted(telling(lambda _: answer)) as client:
            found: AsyncGenerator[Event, None] = client.turn("sess_1/msg_1").events()
            async for event in found:
                if event.number == 2:
                    break
            await found.aclose()
            gc.collect()
            assert closed.is_set()


class TestServers:
    """Real ones, over sockets."""

    @pytest.mark.parametrize(
        "plan",
        [
            Plan(cut=1),
            Plan(cut=500),
            Plan(cut=400, reset=True),
            Plan(twice=True),
            Plan(forget=True, cut=1000),
            Plan(byte_by_byte=True, cut=400),
            Plan(stall=500),
        ],
        ids=str,
    )
    async def test_a_proxy_that_does_its_worst(self, server: Running, plan: Plan) -> None:
        with bad_proxy(server.url, [plan] * 3) as proxy:
            async with async_quick(server.url) as client, async_quick(proxy.url, silence=0.3) as behind:
                sent = await (await client.sessions.create()).send("Write a poem about tunnels.")
                await sent.wait()
                turn = behind.turn(sent.ref)
                found = await read(turn)
                plain = await read(client.turn(sent.ref))
                assert found == plain
                assert found[-1].at_end
                assert turn.text == sent.text
                assert proxy.streams >= (1 if plan.twice else 3)

    async def test_a_server_that_is_killed_among_events(self, tmp_path: Path) -> None:
        with restarted(tmp_path / "data") as server:
            await self.read_across(server, [9])

    @pytest.mark.deep
    @pytest.mark.timeout(600)
    async def test_a_server_that_is_killed_at_every_event(self, tmp_path: Path) -> None:
        with restarted(tmp_path / "data") as server:
            await self.read_across(server, list(range(60)))

    async def read_across(self, server: Restarted, kills: list[int]) -> None:
        async with async_quick(server.url, None) as client:
            turn = await (await client.sessions.create()).send("Write a poem about ferries.")
            found = []
            async for event in turn.events():
                found.append(event)
                if event.number in kills:
                    server.restart()
            assert [event.number for event in found] == list(range(len(found)))
            assert isinstance(found[-1], MessageCompleted)
            record = await client.turn(turn.ref).refresh()
            assert turn.text == record.text != ""
            last = max(event.number for event in found if isinstance(event, StepStarted))
            said = "".join(e.content for e in found if isinstance(e, TextDelta) and e.number > last)
            assert said == record.text


def test_the_story_is_what_its_tests_need() -> None:
    assert RECORD["output_text"] == TEXT
    assert log(("a", {}))[0].number == 0
