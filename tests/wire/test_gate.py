"""The gate for JSON: what is taken goes out again everywhere, what is refused is named, what is mended is whole."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, TypeAdapter

from walkaway_wire import gate

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(categories=None)), inner),
    max_leaves=8,
)


def deep(levels: int, inner: str = "") -> str:
    return "[" * levels + inner + "]" * levels


@given(ANY)
def test_what_is_taken_can_be_written_by_whoever_writes_json(value: Any) -> None:
    text = json.dumps(value)
    try:
        taken = gate.decoded(text)
    except gate.Flawed:
        taken = gate.mended(json.loads(text))
    written = TypeAdapter(Any).dump_json(taken)
    assert gate.decoded(written) == taken
    assert gate.mended(taken) is taken


@pytest.mark.parametrize("levels", [1, gate.DEPTH])
def test_as_deep_as_may_be_is_taken(levels: int) -> None:
    assert gate.decoded(deep(levels)) == json.loads(deep(levels))
    assert gate.plain(b'{"message": "Write a poem", "n": [1.5, -2e3]}')
    assert gate.decoded(json.dumps({"a": "[{" * 5000})) == {"a": "[{" * 5000}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (deep(gate.DEPTH + 1), "nested deeper than 64"),
        (f'{{"a": {{"b": {deep(300)}}}}}', r"`a\.b\.0` is nested deeper"),
        ('{"a": %s}' % ('{"a":' * 70 + "1" + "}" * 70), "nested deeper"),
        (deep(100_000), "nested deeper than 64"),
        ('{"a": [0, {"b": 1e999}]}', r"`a\.1\.b` holds a number that JSON does not have"),
        ('{"a": -1e999}', "`a` holds a number"),
        ('{"a": NaN}', "`a` holds a number"),
        ("[-Infinity]", "`0` holds a number"),
        ('{"a": ["x", "\\ud83c"]}', r"`a\.1` holds half of a surrogate pair"),
        ('{"a": {"\\udf89": 1}}', "`a` holds half of a surrogate pair, which is no text, in a name"),
        ('"a\ud800"', "half of a surrogate pair"),
        (b'["\xed\xa0\x80"]', "`0` holds half of a surrogate pair"),
        ('["\\ud83c"]'.encode("utf-16"), "`0` holds half of a surrogate pair"),
        (b"\xff\xfe\xfd", "UTF-8"),
        ('{"a": %s}' % ("1" * 5000), "more digits"),
        (f"[{'0,' * gate.NAMED}NaN]", "holds a number"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_what_is_not_taken_is_named(text: str | bytes, says: str) -> None:
    with pytest.raises(gate.Flawed, match=says):
        gate.decoded(text)
    assert not gate.plain(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))


@given(st.integers(0, 400), st.integers(-20, 400), st.sampled_from(["e", "E", "e+", ".5e", "", ".0"]))
def test_numbers_that_look_plain_are_finite(digits: int, exponent: int, between: str) -> None:
    number = "9" * (digits + 1)
    text = f"[{number}{between}{exponent if 'e' in between.lower() else ''}]".replace("+-", "-")
    if gate.plain(text.encode()):
        assert gate.decoded(text) == json.loads(text)


def test_what_only_python_has_is_no_json() -> None:
    with pytest.raises(gate.Flawed, match="`a` is a set, which JSON does not have"):
        gate.taken({"a": {1}})


def test_what_is_no_json_at_all_is_said_so() -> None:
    with pytest.raises(json.JSONDecodeError):
        gate.decoded("{")


def test_what_comes_from_outside_is_made_whole() -> None:
    given = {"a\ud83c": "x\udf89", "n": [float("nan"), 1e999], "pair": "\ud83c\udf89", "deep": json.loads(deep(70))}
    mended = gate.mended(given)
    assert mended == json.loads(json.dumps(mended, allow_nan=False))
    assert (mended["a\ufffd"], mended["n"], mended["pair"]) == ("x\ufffd", [None, None], "🎉")
    assert json.dumps(mended["deep"]) == deep(63, '"[nested deeper than 64 levels]"')


class Record(BaseModel):
    metadata: Any


def test_what_stands_deeper_is_written_all_the_same() -> None:
    record = Record(metadata=[json.loads(deep(600, '"a\\ud83c"')), float("inf")])
    assert gate.written([record]).decode() == '[{{"metadata": [{}, null]}}]'.format(deep(600, '"a\ufffd"'))
    deepest: Any = []
    for _ in range(5000):
        deepest = [deepest]
    assert b"nested deeper" in gate.written([Record(metadata=deepest)])
