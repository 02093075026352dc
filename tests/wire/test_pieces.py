"""JSON that is read in pieces: it comes to what it comes to at once, and others have their turns meanwhile."""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from walkaway_wire import gate

TEXTS = (
    '"a"',
    '"\\ud83c"',
    '"\\udf89\\ud83c"',
    '"\\ud83c\\udf89"',
    '"é"',
    '"x',
    '"\t"',
    "\\",
    "\x0b",
    "\ufeff",
    "\ud83c",
)
NUMBERS = ("1", "-0", "1.5", "1e5", "1e999", "-1e400", "NaN", "Infinity", "-Infinity", "1" * 5000, "٢", "1٢", "-", ".5")
SCALARS = st.sampled_from((*TEXTS, *NUMBERS, "true", "null", "nul", "", " 1 ", "\n[ ]"))
NAMES = st.sampled_from(('"a"', '"b"', '"\\ud83c"', ' "c" ', "1"))


def _object(fields: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in fields) + "}"


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.lists(st.tuples(NAMES, inner), max_size=3).map(_object)
        | st.builds(lambda deep, value: "[" * deep + value + "]" * deep, st.sampled_from((63, 64, 65, 300)), inner)
    ),
    max_leaves=8,
)
PARTS = st.lists(st.sampled_from((*"[]{},: ", '"a"', "1", "NaN")), max_size=8).map("".join)
ENCODINGS = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"))


def outcome(decode: Callable[[bytes], Any], text: bytes) -> tuple[Any, ...]:
    """Say what comes of a text; two texts come to the same if these are equal, also where NaN is no NaN."""
    try:
        return ("value", repr(decode(text)))
    except json.JSONDecodeError as error:
        return ("no JSON", error.msg, error.pos)
    except gate.Flawed as flaw:
        return ("flawed", flaw.where, flaw.why)


@settings(max_examples=500)
@given(VALUES | PARTS, PARTS, ENCODINGS)
def test_it_comes_to_the_same_as_at_once(value: str, more: str, encoding: str) -> None:
    for text in (value, value + more):
        sent = text.encode(encoding, "surrogatepass")
        assert outcome(gate.decoded_in_pieces, sent) == outcome(gate.decoded, sent)


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\xfd", b'["\xed\xa0\x80"]', b"", b"[" * 100_000, b"[1] x", b"[1,]", b'{"a"}']
)
def test_what_is_no_text_and_what_has_no_end_is_told_as_at_once(text: bytes) -> None:
    assert outcome(gate.decoded_in_pieces, text) == outcome(gate.decoded, text)


@pytest.mark.parametrize("levels", [gate.DEPTH, gate.DEPTH + 1])
def test_depth_is_counted_as_at_once(levels: int) -> None:
    for inner in ("", "1", "NaN", '"\\ud83c"'):
        text = ("[" * levels + inner + "]" * levels).encode()
        assert outcome(gate.decoded_in_pieces, text) == outcome(gate.decoded, text)


@pytest.mark.parametrize("unit", ["[]", "{}", "1", '"a"', '{"a":{"a":[1]}}'])
def test_others_can_have_their_turns_before_each_value(unit: str) -> None:
    """Python lets other threads in between its own steps, and never in a call of C."""
    text = f"[{','.join([unit] * 1000)}]".encode()
    assert steps(lambda: gate.decoded_in_pieces(text)) > 1000
    assert steps(lambda: gate.decoded(text)) < 100


def steps(work: Callable[[], Any]) -> int:
    """Count the functions in Python that are called."""
    count = 0

    def called(_frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
