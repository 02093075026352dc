"""Properties of what comes in and goes out as text: paths, durations, cursors, events, settings."""

import json
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from tests.kit import sse
from walkaway_core.dialects.native import durations
from walkaway_core.errors import CursorInvalid, Invalid, PathForbidden, PathInvalid
from walkaway_core.http.cursors import number
from walkaway_core.ports import paths
from walkaway_core.ports.clock import TimeIds
from walkaway_core.ports.paths import Scope
from walkaway_core.settings import DEFAULT_MODEL, SettingError, Settings
from walkaway_core.store.ticket import Ticket
from walkaway_wire import jsontext
from walkaway_wire.events import Event

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(ANY_TEXT | st.lists(st.sampled_from(["..", ".", "", "a", "b c", "é", "\x00", "a" * 256])).map("/".join))
@example("..")
@example("a/../b")
@example("/")
def test_a_clean_path_stays_inside_and_is_clean_already(path: str) -> None:
    try:
        clean = paths.clean(path)
    except PathInvalid as refusal:
        assert str(refusal)  # noqa: PT017
        return
    assert paths.clean(clean) == clean
    parts = clean.split("/") if clean else []
    assert all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
    assert not clean.startswith("/")
    assert len(clean.encode()) <= 1024
    assert not any(ord(c) < 32 for c in clean)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.lists(st.sampled_from("abc"), max_size=4))
def test_a_scope_covers_itself_and_what_is_below_and_nothing_else(scope: list[str], path: list[str]) -> None:
    covered = path[: len(scope)] == scope
    checks = Scope(read=("/".join(scope),), write=("/".join(scope),))
    for check in (checks.check_read, checks.check_write):
        if covered:
            check("/".join(path))
        else:
            with pytest.raises(PathForbidden):
                check("/".join(path))
    assert checks.may_read("/".join(path)) is (covered or scope[: len(path)] == path)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_durations_add_up(hours: int, minutes: int, secs: int) -> None:
    assert durations.seconds(f"{hours}h{minutes}m{secs}s") == hours * 3600 + minutes * 60 + secs
    assert durations.seconds(f"{minutes}m") == minutes * 60


@given(ANY_TEXT)
@example("")
@example("1d")
@example("1m1h")
@example("1H")
@example("-1h")
@example("1.5h")
@example("٣h")
@example("1h ")
def test_what_is_no_duration_is_refused(text: str) -> None:
    try:
        assert durations.seconds(text) >= 0
    except Invalid:
        return
    assert set(text) <= set("0123456789hms")
    assert text


@given(ANY_TEXT | st.integers().map(str))
def test_a_cursor_is_a_plain_number_or_refused(text: str) -> None:
    try:
        read = number(text)
    except CursorInvalid:
        return
    assert read == (-1 if text in ("", "-1") else int(text))
    assert read >= -1


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


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.lists(st.integers(0, 100)))
def test_a_ticket_comes_back_from_json_without_what_the_machine_added(
    step: int, history: int, calls: list[int]
) -> None:
    ticket = Ticket("t", "s", "m", 1, step, history, "tools", tuple(calls), step % 2 == 0, None, ("code", "sentence"))
    carried = {**json.loads(json.dumps(ticket.json())), "error": {"Error": "x"}}
    assert Ticket.read(carried) == ticket


def test_ids_sort_by_time_and_after_the_one_given() -> None:
    ids = TimeIds()
    far = f"msg_{'e' * 12}{'0' * 12}"
    made = [ids.new("msg_", after=far)]
    for _ in range(5):
        made.append(ids.new("msg_", after=made[-1]))
    assert [far, *made] == sorted([far, *made])
    assert len({ids.new("x_") for _ in range(1000)}) == 1000
    assert all(len(name) == 28 for name in made)


class TestSettings:
    def test_nothing_set_is_the_offline_model_for_everyone(self) -> None:
        assert Settings.read({"PATH": "/bin", "WALKAWAY_KEYS": " "}) == Settings()

    def test_a_key_makes_the_real_model_the_default(self) -> None:
        assert Settings.read({"ANTHROPIC_API_KEY": "k"}).model == DEFAULT_MODEL
        assert Settings.read({"ANTHROPIC_API_KEY": "k", "WALKAWAY_MODEL": "rehearsal"}).model == "rehearsal"

    def test_keys_are_read_in_pairs(self) -> None:
        assert Settings.read({"WALKAWAY_KEYS": "a=one, b=two,"}).keys == {"a": "one", "b": "two"}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("WALKAWAY_KEYS", "justakey"),
            ("WALKAWAY_KEYS", "k=ten ant"),
            ("WALKAWAY_KEYS", "k=a#b"),
            ("WALKAWAY_KEYS", "=tenant"),
            ("WALKAWAY_KEYS", "k=../up"),
            ("WALKAWAY_REHEARSAL_DELAY", "soon"),
            ("WALKAWAY_REHEARSAL_DELAY", "-1"),
            ("WALKAWAY_TURN_TIMEOUT", "nan"),
            ("WALKAWAY_PROVIDERS", "bedrock,openai"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(self, name: str, value: str) -> None:
        with pytest.raises(SettingError, match=name):
            Settings.read({name: value})
