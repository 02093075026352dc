"""What is told of a turn is a function of its log: the same for everybody, from wherever they read on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from anthropic.lib.sessions import accumulate_managed_agents_event
from anthropic.types.beta.sessions import BetaManagedAgentsSessionEvent, BetaManagedAgentsStreamSessionEvents
from pydantic import TypeAdapter

from tests.dialects.managed.record_logs import CALLS, CASES, TOLD, Recorded
from walkaway_core.dialects.managed.told import ALL_PREVIEWED, MESSAGE, PREVIEWED, THINKING, USE, Told
from walkaway_core.dialects.managed.walking import listed
from walkaway_wire.events import MESSAGE_CANCELLED, TOOL_USE_EXECUTING, UNREADABLE, Event

STREAMED: TypeAdapter[Any] = TypeAdapter(BetaManagedAgentsStreamSessionEvents)
LISTED: TypeAdapter[Any] = TypeAdapter(BetaManagedAgentsSessionEvent)


@pytest.fixture(params=CASES)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded.read(request.param)


def types(told: Sequence[Told]) -> list[str]:
    return [each.type.removeprefix("session.") for each in told if "thread_status" not in each.type]


class TestGoldens:
    @pytest.mark.parametrize("name", CASES)
    def test_what_is_recorded_gives_what_it_gave(self, name: str) -> None:
        assert Recorded.read(name).lines() == (TOLD / f"{name}.txt").read_text().splitlines()

    def test_a_log_that_grows_takes_nothing_back(self, recorded: Recorded) -> None:
        whole = recorded.told(PREVIEWED)
        for length in range(len(recorded.log)):
            part = Recorded(recorded.who, recorded.turn, recorded.since, recorded.log[:length], recorded.entries)
            assert whole[: len(part.told(PREVIEWED))] == part.told(PREVIEWED)

    def test_every_event_is_as_the_sdk_types_it_strictly(self, recorded: Recorded) -> None:
        for told in recorded.told(PREVIEWED):
            STREAMED.validate_json(json.dumps(told.fields), strict=True)
        for told in listed(iter(recorded.told())):
            LISTED.validate_json(json.dumps(told.fields), strict=True)

    def test_places_are_in_order_and_nobody_shares_one(self, recorded: Recorded) -> None:
        spots = [told.spot for told in recorded.told(ALL_PREVIEWED)]
        assert spots == sorted(set(spots))

    def test_places_are_the_same_whatever_previews_are_asked_for(self, recorded: Recorded) -> None:
        stored = [told for told in recorded.told(ALL_PREVIEWED) if not told.previews]
        assert stored == recorded.told()

    def test_an_id_is_one_events_and_comes_twice_for_messages_alone(self, recorded: Recorded) -> None:
        told = recorded.told()
        twice = [each for number, each in enumerate(told) if each.id in [other.id for other in told[:number]]]
        assert {each.type for each in twice} <= {"user.message"}
        for again in twice:
            (first,) = (each for each in told if each.id == again.id and each is not again)
            assert {**first.fields, "processed_at": again.fields["processed_at"]} == again.fields
            assert (first.fields["processed_at"], first.waits, again.waits) == (None, True, False)

    def test_the_list_has_each_once_with_times_that_never_go_back(self, recorded: Recorded) -> None:
        shown = [*listed(iter(recorded.told()))]
        assert len({told.id for told in shown}) == len(shown)
        times = [told.fields["processed_at"] for told in shown]
        assert None not in times
        assert times == sorted(times)

    @pytest.mark.parametrize("name", [name for name in CASES if name != "redirected"])
    def test_the_last_one_says_that_the_session_rests(self, name: str) -> None:
        assert Recorded.read(name).told()[-1].idle

    def test_the_sdk_accumulates_previews_to_what_then_comes(self, recorded: Recorded) -> None:
        grown: dict[str, Any] = {}
        for told in recorded.told(frozenset({MESSAGE})):
            event = STREAMED.validate_json(json.dumps(told.fields))
            if event.type == MESSAGE:
                assert [block.text for block in grown[told.id].content] == [block.text for block in event.content]
                assert grown[told.id].id == event.id
            grown[told.id] = accumulate_managed_agents_event(grown.get(told.id), event)

    def test_calls_are_told_before_somebody_is_to_answer_them(self, recorded: Recorded) -> None:
        known: set[str] = set()
        for told in recorded.told():
            if told.idle and told.fields["stop_reason"]["type"] == "requires_action":
                assert known >= set(told.fields["stop_reason"]["event_ids"])
            known.add(told.id)


def test_calls_that_wait_are_asked_together_when_the_others_have_run() -> None:
    told = Recorded.read("asked_of_all").told()
    before = told[: next(number for number, each in enumerate(told) if each.idle) + 1]
    uses = [each for each in before if each.type.endswith("tool_use")]
    asked = [each.id for each in uses if each.fields.get("evaluated_permission") != "allow"]
    assert (len(uses), before[-1].fields["stop_reason"]["event_ids"]) == (4, asked)
    assert types(before)[-6:-1] == [
        "agent.tool_use",
        "agent.tool_result",
        "agent.custom_tool_use",
        "agent.tool_use",
        "agent.custom_tool_use",
    ]


@pytest.mark.parametrize("name", ["allowed", "asked_of_all"])
def test_a_call_that_ran_when_its_turn_was_ended_has_a_result(name: str) -> None:
    """Programs that keep calls and results together would wait for it for ever."""
    whole = Recorded.read(name)
    for place, event in enumerate(whole.log):
        if event.type != TOOL_USE_EXECUTING or event.data["input"] is None:
            continue
        log = [*whole.log[: place + 1], Event.make(place + 1, MESSAGE_CANCELLED, {"id": whole.turn})]
        told = replace(whole, log=log).told()
        uses = {each.id for each in told if each.type == "agent.tool_use"}
        results = [each.fields for each in told if each.type == "agent.tool_result"]
        assert uses == {result["tool_use_id"] for result in results}
        assert (len(results), results[-1]["is_error"], told[-1].idle) == (len(uses), True, True)


def test_answers_of_one_request_are_told_together() -> None:
    """A program that is told between them that the session waits for the rest would answer that again."""
    told = Recorded.read("asked_of_all").told()
    waits = [each.fields["stop_reason"] for each in told if each.idle]
    assert [len(reason.get("event_ids", ())) for reason in waits] == [3, 2, 0]


def test_a_session_does_not_rest_where_a_message_begins_in_the_place_of_a_turn() -> None:
    """A loop that leaves when it rests would miss the answer to that message."""
    told = types(Recorded.read("redirected").told())
    assert told[-1] == "user.interrupt"
    assert told.count("status_idle") == 1, "while it waited"


def test_thinking_is_announced_to_those_who_ask() -> None:
    told = Recorded.read("plain").told(frozenset({THINKING}))
    previews = [each for each in told if each.previews]
    (whole,) = (each for each in told if each.type == THINKING)
    assert [(each.type, each.id) for each in previews] == [("event_start", whole.id)]


@pytest.mark.parametrize("name", ["own_tools", "asked_of_all", "allowed", "broken_off"])
def test_calls_are_shown_while_they_are_written_to_those_who_ask(name: str) -> None:
    recorded = Recorded.read(name)
    told = recorded.told(frozenset({USE}))
    assert [each for each in told if not each.previews] == recorded.told()
    written: dict[str, str] = {}
    for each in told:
        if each.type == "event_start":
            assert each.fields["event"]["type"] == USE
            written[each.id] = ""
        elif each.type == "event_delta":
            written[each.id] += each.fields["delta"]["content"]["text"]
    whole = {each.id: each.fields["input"] for each in told if each.type.endswith("tool_use")}
    assert {id_: json.loads(text or "{}") for id_, text in written.items()} == whole


def test_previews_of_calls_give_what_they_gave() -> None:
    assert Recorded.read("asked_of_all").lines(frozenset({USE})) == CALLS.read_text().splitlines()


def test_arguments_that_are_none_are_no_event() -> None:
    told = Recorded.read("no_calls").told()
    uses = {each.fields["name"] for each in told if each.type in ("agent.tool_use", "agent.custom_tool_use")}
    assert (uses, types(told).count("agent.tool_result")) == ({"list_files"}, 1)


def test_an_outage_is_an_error_once_and_only_when_it_lasts() -> None:
    assert types(Recorded.read("broken_off").told()).count("error") == 0
    busy = types(Recorded.read("busy_for_long").told())
    assert [busy.count(each) for each in ("error", "status_rescheduled", "status_running")] == [1, 2, 3]


def test_what_nobody_can_read_of_a_log_is_passed_over(recorded: Recorded) -> None:
    for number, event in enumerate(recorded.log[:-1]):
        for damaged in (replace(event, text="{damaged}"), replace(event, type=UNREADABLE, text='{"unreadable": "x"}')):
            log = [*recorded.log[:number], damaged, *recorded.log[number + 1 :]]
            told = Recorded(recorded.who, recorded.turn, recorded.since, log, recorded.entries).told(PREVIEWED)
            assert told[-1].number == recorded.log[-1].number, "and its end is told"
