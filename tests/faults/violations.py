"""What must hold of a turn, whatever went wrong on its way."""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.faults.world import World
from walkaway_core.dialects.native import keys, records
from walkaway_core.doors.call_words import UNKNOWN
from walkaway_core.engine.sending import Sent
from walkaway_core.log import log, transcript
from walkaway_core.ports.items import Item
from walkaway_core.ports.metrics import ENDED, MESSAGE_WAIT, MODEL_TIME, Metric
from walkaway_core.store import bodies, sessions, turns
from walkaway_core.store.keys import END, SessionKey, TurnKey, feed
from walkaway_core.store.services import Services
from walkaway_wire import jsontext
from walkaway_wire.events import TERMINAL, Event
from walkaway_wire.webhooks import BY_NAME

KINDS = {
    "message.completed": "turn.completed",
    "message.cancelled": "turn.cancelled",
    "message.error": "turn.failed",
}
"""What the bus is told of each ending."""
STARTED = "turn.started"
BESIDES = {STARTED, *BY_NAME}
"""What the bus is told besides."""
STATUS = {"message.completed": "completed", "message.cancelled": "cancelled", "message.error": "failed"}


class Found(list[str]):
    """Gathers what does not hold."""

    def must(self, holds: object, sentence: str) -> None:
        if not holds:
            self.append(sentence)


def violations(world: World, turn: TurnKey, *ends: str) -> list[str]:
    """Everything that must hold after the one turn of a world, and does not. `ends`: how it may have ended."""
    found = Found()
    session = SessionKey(turn.tenant, turn.session)
    table = world.place.table
    records = table.query(session.partition, after="TURN#", upto=f"TURN#{END}").items
    found.must(len(records) == 1, f"{len(records)} turns")
    events = log.events(world.services, turn, table.query(turn.log).items)
    found += of_log(events)
    end = events[-1].type
    found.must(end in (ends or ("message.completed",)), f"it ended as {end}: {events[-1].text}")
    found.must(world.due() == ["session"], f"due items are left: {world.due()}")
    found += of_bus(world, session)
    heard = {kind for kind, _ in world.bus.told} - BESIDES
    found.must(heard == {KINDS.get(end)}, f"the bus was told {world.bus.told}")
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    file, allowed = world.file(), effects(events)
    found.must(file in allowed, f"the file has {file!r}, by the tools' results it should be one of {allowed}")
    found += of_record(world.services, turn, events)
    found += of_metrics(world, events)
    return found


def of_metrics(world: World, *logs: list[Event]) -> list[str]:
    """What must hold of what was counted: nothing twice, whoever tried it again, and nothing that has not happened."""
    found = Found()
    kinds = Counter(event.type for events in logs for event in events)
    most: dict[Metric, int] = {ENDED[STATUS[end]]: kinds[end] for end in STATUS}
    most |= {
        MODEL_TIME: kinds["step.completed"],
        MESSAGE_WAIT: sum(any(e.type == "step.started" for e in events) for events in logs),
    }
    for metric, times in most.items():
        found.must(len(world.metrics.of(metric)) <= times, f"{metric.name} was counted more than {times} times")
    return found


def every_message(world: World, said: Mapping[str, Sent], *ends: str) -> list[str]:
    """What must hold after several messages, and does not. `said`: what became of each; `ends`: how turns may end."""
    found, services, session = Found(), world.services, world.session
    record = sessions.unpack(session, next(filter(None, world.place.table.get(session.item))))
    found.must(not record.busy and not record.queued, f"the session is not free: {record}")
    found.must(world.due() == ["session"], f"due items are left: {world.due()}")
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    told, logs = [], []
    for key in {sent.turn.key for sent in said.values()}:
        events = log.events(services, key, world.place.table.query(key.log).items)
        found += of_log(events) + of_record(services, key, events)
        logs.append(events)
        found.must(events[-1].type in ends, f"it ended as {events[-1].type}: {events[-1].text}")
        told.append((KINDS.get(events[-1].type), key.turn))
    found += of_bus(world, session) + of_metrics(world, *logs)
    heard = {(kind, detail["response_id"]) for kind, detail in world.bus.told if kind not in BESIDES}
    found.must(heard == set(told), f"the bus was told {heard}, and should know {told}")
    records = world.place.table.query(session.partition, after="TURN#", upto=f"TURN#{END}").items
    found.must(len(records) == len(told), f"{len(records)} turns for {len(told)}")
    return found + of_conversation(services, session, said)


def of_bus(world: World, session: SessionKey) -> list[str]:
    """What must hold of what the bus was told: each thing with an id and a number of its own, starts before ends."""
    found = Found()
    own = [(kind, detail) for kind, detail in world.bus.told if detail["session_id"] == session.session]
    told = {detail["id"]: (kind, detail) for kind, detail in own}
    numbers = sorted(detail["sequence"] for _, detail in told.values())
    found.must(numbers == list(range(1, len(told) + 1)), f"it was told {numbers}")
    fed = {item.sk for item in _all(world, feed(session.tenant, "")[0]) if item.facts["session"] == session.session}
    found.must(fed == set(told), f"the feed has {fed}, and the bus was told {told}")
    turns_own = [(kind, detail) for kind, detail in told.values() if kind.startswith("turn.")]
    things = [(kind, detail.get("response_id"), detail.get("step")) for kind, detail in turns_own]
    found.must(len(things) == len(set(things)), f"it was told one thing under two ids: {told}")
    started = {detail["response_id"]: detail["sequence"] for kind, detail in turns_own if kind == STARTED}
    for kind, detail in turns_own:
        if kind in KINDS.values() and started.get(detail["response_id"], 0) >= detail["sequence"] > 0:
            found.append(f"{detail['response_id']} ended before it started")
        record = turns.load(world.services, session.turn(detail["response_id"]))
        if record and record.step and detail["response_id"] not in started:
            found.append(f"nobody was told that {detail['response_id']} started")
    return found


def _all(world: World, pk: str) -> list[Item]:
    """Read a partition."""
    items, more = list[Item](), True
    while more:
        page = world.place.table.query(pk, after=items[-1].sk if items else "")
        items, more = [*items, *page.items], page.more
    return items


def of_conversation(services: Services, session: SessionKey, said: Mapping[str, Sent]) -> list[str]:
    """What must hold of a conversation: each message once and in its turn, turn after turn, and heard by the model."""
    found = Found()
    entries = transcript.entries(services, session)
    messages = [(transcript.text(e.body["content"]), e.turn) for e in entries if e.body.get("role") == "user"]
    queued = {message for message, sent in said.items() if not turns_began(services, sent)}
    there = [(message, sent.turn.key.turn) for message, sent in said.items() if message not in queued]
    found.must(sorted(messages) == sorted(there), f"the conversation has {messages}, and should have {there}")
    order = [turn for turn, _ in itertools.groupby(entry.turn for entry in entries)]
    found.must(len(order) == len(set(order)), f"turns are mixed: {order}")
    events = log.events(services, session.own_log, services.table.query(session.own_log.log).items)
    began = [event.data["response_id"] for event in events if event.type == "turn.started"]
    found.must(began == order, f"the session's log has {began}, the conversation {order}")
    found.must([event.number for event in events] == list(range(len(events))), "the session's log has a gap")
    for turn in order:
        own = [entry for entry in entries if entry.turn == turn and entry.call is None]
        completed = (record := turns.load(services, session.turn(turn))) and record.status == "completed"
        found.must(not completed or own[-1].body["role"] == "assistant", f"{turn} was completed, and did not hear all")
    return found


def turns_began(services: Services, sent: Sent) -> bool:
    """Whether a message's turn has run at all."""
    record = turns.load(services, sent.turn.key)
    return record is not None and bool(record.began_at)


def effects(events: list[Event]) -> tuple[str, ...]:
    """What the file may have in it, by what the tools have told the model."""
    told = {event.data["id"]: event.data["content"] for event in events if event.type == "tool_result"}
    if told.get("call_3", "").startswith("Replaced"):
        return ("one+",)
    if "call_1" in told and not told["call_1"].startswith("Wrote"):
        return ("", "one")
    if events[-1].type == "message.completed":
        return ("one", "one+") if told["call_3"] == UNKNOWN else ("one",)
    return ("one", "one+") if "call_1" in told else ("", "one")


def of_log(events: list[Event]) -> list[str]:
    """What must hold of a log that has ended."""
    found = Found()
    kinds = [event.type for event in events]
    found.must([event.number for event in events] == list(range(len(events))), "the log has a gap or a duplicate")
    found.must(sum(kind in TERMINAL for kind in kinds) == 1, "not one terminal event")
    found.must(kinds and kinds[-1] in TERMINAL, "something follows the terminal event")
    completed, begun = 0, 0
    for event in events:
        if event.type == "step.started":
            begun = event.data["step"]
            found.must(begun == completed + 1, f"step {begun} began after step {completed}")
        elif event.type == "turn.steered":
            found.must(event.data["step"] > begun, f"what was said for step {event.data['step']} came too late")
        completed = event.data["step"] if event.type == "step.completed" else completed
    results = [event.data["id"] for event in events if event.type == "tool_result"]
    found.must(len(results) == len(set(results)), f"a call has two results: {results}")
    return found


def of_record(services: Services, turn: TurnKey, events: list[Event]) -> list[str]:
    """What must hold between a turn's log and what is stored of it: its record, its session, the conversation."""
    found = Found()
    record = turns.load(services, turn)
    found.must(record and record.status == STATUS.get(events[-1].type), f"the record says {record}")
    owner = services.table.get(turn.owner.item)[0]
    found.must(owner and owner.facts.get("turn") != turn.turn, "the session is still busy with it")
    waits = services.table.get(keys.waiting(turn.owner))[0]
    found.must(not waits or waits.facts["turn"] != turn.turn, "it is listed among those that wait for their caller")
    said = [entry for entry in transcript.entries(services, turn.owner) if entry.turn == turn.turn]
    heard = [
        transcript.text(entry.body["content"]) for entry in said if entry.step and entry.body.get("role") == "user"
    ]
    told = [event.data["message"] for event in events if event.type == "turn.steered"]
    found.must(sorted(heard) == sorted(told), f"it was told {told}, and the conversation has {heard}")
    found.must(_rebuilt(events) == _stored(said), f"log and conversation differ: {_rebuilt(events)} {_stored(said)}")
    return found + of_files(services, turn, events)


def of_files(services: Services, turn: TurnKey, events: list[Event]) -> list[str]:
    """What must hold of the files that a turn has changed: events, end and record say the same."""
    found, told = Found(), dict[str, Any]()
    for event in events:
        if event.type == "file.changed":
            told.pop(event.data["path"], None)
            told[event.data["path"]] = {n: v for n, v in event.data.items() if n not in ("sequence_number", "at")}
    record = turns.load(services, turn)
    shown = records.responses(services, [record])[0].files if record else []
    stored = [file.model_dump() for file in shown]
    found.must(stored == list(told.values()), f"the record has {stored}, and the events {told}")
    if events[-1].type == "message.completed":
        found.must(events[-1].data["files"] == stored, f"the record has {stored}, and the end {events[-1].text}")
    return found


def remains(world: World, turn: TurnKey | None, *_: str) -> list[str]:
    """What is still there of a world's session, which is gone, and of its turn."""
    table, found, session = world.place.table, Found(), world.session
    found.must(not table.get(session.item)[0], "the session's record is there")
    found.must(not table.query(session.partition).items, "turns or entries are there")
    found.must(not turn or not table.query(turn.log).items, "the log is there")
    found.must(not table.query(session.own_log.log).items, "the session's log is there")
    found.must(not world.place.workspace.listing(bodies.root(session.tenant), session.session), "bodies are there")
    found.must(world.due() == [], f"due items are left: {world.due()}")
    return found


Said = dict[int, tuple[str, dict[str, Any], dict[str, str]]]
"""By step: its text, its calls' arguments by id, their results by id."""


def _stored(entries: list[transcript.Entry]) -> Said:
    said: Said = {}
    for entry in entries:
        if entry.body.get("role") == "user" or "content" not in entry.body:
            continue  # a message, or a call that was begun and cancelled
        if entry.call is not None:
            content = entry.body["content"]
            text = content if isinstance(content, str) else transcript.text(content)
            said.setdefault(entry.step, ("", {}, {}))[2][entry.body["tool_use_id"]] = text
        elif entry.step:
            content = entry.body["content"]
            arguments = {block["id"]: block["input"] for block in transcript.calls(content)}
            said[entry.step] = (transcript.text(content), arguments, {})
    return said


def _rebuilt(events: list[Event]) -> Said:
    """What a reader makes of the log: a later attempt replaces what an earlier one wrote; a step counts when done."""
    said: Said = {}
    done = {0}  # where what an earlier turn has asked about is carried out
    step, call_id, arguments = 0, "", ""
    for event in events:
        if event.type == "step.started":
            step = event.data["step"]
            said[step] = ("", {}, {})
        elif event.type == "step.completed":
            done.add(event.data["step"])
        elif event.type == "text.delta":
            said[step] = (said[step][0] + event.data["content"], *said[step][1:])
        elif event.type == "tool_use.start":
            call_id, arguments = event.data["id"], ""
        elif event.type == "tool_use.input_delta":
            arguments += event.data["content"]
        elif event.type == "tool_use.stop":
            said[step][1][call_id] = _arguments(arguments)
        elif event.type == "tool_result":
            said.setdefault(step, ("", {}, {}))[2][event.data["id"]] = event.data["content"]
    return {number: text for number, text in said.items() if number in done}


def _arguments(text: str) -> Any:
    """Read a call's arguments; none are stored where a slow worker's answer was cut in the middle of them."""
    try:
        return jsontext.loads(text)
    except ValueError:
        return {}
