"""Events are framed so that every kind of reader gets them whole."""

import json
from typing import Any

from hypothesis import given, strategies as st

from tests.kit import sse
from walkaway_wire.events import Event

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.integers(0, 10**9), st.dictionaries(ANY_TEXT.filter(lambda name: name != "sequence_number"), JSON, max_size=4)
)
def test_an_event_is_framed_so_that_every_kind_of_reader_gets_it_whole(number: int, data: dict[str, Any]) -> None:
    frame = Event.make(number, "text.delta", data).sse()
    assert frame.endswith("\n\n")
    lines = frame.splitlines()  # httpx splits lines like this; the standard at \n, \r and \r\n only
    assert lines == frame.replace("\r", "\n").split("\n")[:-1]
    assert len(lines) == 4
    (seen,) = sse.parse(lines)
    assert (seen.id, seen.event) == (number, "text.delta")
    assert seen.data == {**json.loads(json.dumps(data)), "sequence_number": number}
