"""Recorded logs mean the same to each client, wherever their bytes are cut; test/logs.test.ts is this in TypeScript."""

import json
from pathlib import Path
from typing import Any

import pytest

from walkaway.events import Event, made
from walkaway.reading import Accumulator, Decoder, Place

LOGS = sorted(Path(__file__).with_name("logs").glob("*.json"))


@pytest.fixture(params=LOGS, ids=lambda path: path.stem)
def log(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text())
    return found


def read(log: dict[str, Any], pieces: list[bytes]) -> list[Event]:
    decoder, place = Decoder(), Place()
    lines = [line for piece in pieces for line in decoder.feed(piece)]
    return [made(line.type, line.cursor, line.text, log["turn"]) for line in lines if place.takes(line.cursor)]


def test_a_log_says_what_its_other_form_says_wherever_it_is_cut(log: dict[str, Any]) -> None:
    said = log["sse"].encode()
    expected = [tuple(event) for event in log["events"]]
    for cut in range(len(said)):
        found = read(log, [said[:cut], said[cut:]])
        assert [(event.cursor, event.type, event.data) for event in found] == expected
    assert read(log, [bytes([each]) for each in said]) == read(log, [said])


def test_what_is_left_of_its_text_is_what_the_record_says(log: dict[str, Any]) -> None:
    accumulator = Accumulator()
    for event in read(log, [log["sse"].encode()]):
        accumulator.take(event)
    assert accumulator.text == log["text"]


def test_there_is_one_for_each_end_and_for_what_is_withdrawn() -> None:
    every = [json.loads(path.read_text()) for path in LOGS]
    assert {log["status"] for log in every} == {"completed", "failed", "cancelled"}
    assert any(data.get("attempt") == 2 for log in every for _, _, data in log["events"])
    assert any(not log["turn"] for log in every)
