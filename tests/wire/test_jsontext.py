"""JSON as one line of UTF-8, and back."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from walkaway_wire import jsontext

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_json_text_is_one_line_of_utf8_and_comes_back(value: Any) -> None:
    text = jsontext.dumps(value)
    assert len(text.splitlines()) <= 1
    assert jsontext.loads(text.encode()) == value


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_numbers_that_json_lacks_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        jsontext.loads(text)
    with pytest.raises(ValueError, match="JSON"):
        jsontext.dumps(float("nan"))


def test_halves_of_a_surrogate_pair_are_joined() -> None:
    assert jsontext.whole("\ud83d" + "\ude00") == "😀"
    assert jsontext.whole("a\ud83d") == "a\ufffd"
    assert jsontext.whole("plain") == "plain"
