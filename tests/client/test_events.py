"""The classes of events are those of the wire, and say what the wire says of each."""

import re

import pytest

from walkaway import events
from walkaway.events import Event, TextDelta, ToolCallRequested, ToolUseExecuting, Unknown, made
from walkaway.events.event import Says
from walkaway_wire.events import BETWEEN, MEANINGS, TERMINAL


def test_every_event_has_a_class_named_after_it() -> None:
    assert events.ALL.keys() == MEANINGS.keys() | BETWEEN.keys()
    for name, kind in events.ALL.items():
        assert kind.__name__ == "".join(word.capitalize() for word in re.split(r"[._]", name))
        assert kind.__doc__
        assert kind.__name__ in events.__all__


@pytest.mark.parametrize("name", MEANINGS)
def test_a_class_has_the_fields_that_the_wire_gives(name: str) -> None:
    shape = re.match(r"`\{(.*?)\}`", MEANINGS[name])
    assert shape
    fields = set(filter(None, shape[1].split(", ")))
    kind = events.ALL[name]
    if name == "server_tool.result":
        fields.remove("type")  # an event has a type of its own
    own = {each for base in kind.__mro__[:-2] if base is not Event for each in vars(base) if not each.startswith("_")}
    assert own - {"type"} == fields


def test_match_takes_fields_and_what_is_absent_is_empty() -> None:
    match made("tool_use.executing", "4", '{"name":"bash","id":"t1"}'):
        case ToolUseExecuting(name="bash", input=given):
            assert given is None
        case _:
            pytest.fail("it did not match")


@pytest.mark.parametrize("odd", ["null", "7", "true", "[]", "{}", '"x"', "1e300", "-5"])
@pytest.mark.parametrize("name", sorted(events.ALL))
def test_what_an_event_says_has_its_kind_or_is_absent(name: str, odd: str) -> None:
    kind = events.ALL[name]
    fields = [field for field in dir(kind) if isinstance(getattr(kind, field, None), Says)]
    event = made(name, "0", "{" + ", ".join(f'"{field}": {odd}' for field in [*fields, "at"]) + "}")
    for field in fields:
        absent = getattr(made(name, "0", "{}"), field)
        value = getattr(event, field)
        numbers = {int, float} if type(absent) in {int, float} else set()
        assert absent is None or type(value) in {type(absent), list if absent == () else dict, *numbers} - (
            {bool} if numbers else set()
        )
    assert isinstance(event.at, float)


def test_an_event_knows_its_place_and_time() -> None:
    event = made("text.delta", "msg_1:41", '{"content":"a","at":12.5,"more":[1]}', "msg_1")
    assert isinstance(event, TextDelta)
    assert (event.number, event.cursor, event.turn_id, event.at, event.at_end) == (41, "msg_1:41", "msg_1", 12.5, False)
    assert event.data["more"] == [1]
    assert repr(event) == "TextDelta(msg_1:41, content='a', more=[1])"


def test_what_is_not_known_has_its_type_and_data() -> None:
    event = made("harbour.opened", "1", '{"a":1}')
    assert isinstance(event, Unknown)
    assert (event.type, event.data) == ("harbour.opened", {"a": 1})


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_data_that_cannot_be_read_ends_nothing(text: str) -> None:
    event = made("tool_call.requested", "1", text)
    assert isinstance(event, ToolCallRequested)
    assert (event.data, event.call_id, event.needs) == ({"unreadable": text}, "", "output")


def test_events_are_equal_by_place_and_content() -> None:
    one, other = made("text.delta", "1", '{"content":"a"}'), made("text.delta", "1", '{"content": "a"}')
    assert one == other
    assert len({one, other}) == 1
    assert one != made("text.delta", "2", '{"content":"a"}')
    assert one != "text"


def test_terminal_events_are_at_the_end() -> None:
    assert {name for name in events.ALL if made(name, "1", "{}").at_end} == TERMINAL
