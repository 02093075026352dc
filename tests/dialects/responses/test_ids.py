"""Ids of responses, conversations and items say where these are, and nothing else is taken for one."""

import pytest
from hypothesis import given, strategies as st

from walkaway_core.dialects.responses import ids
from walkaway_core.dialects.responses.ids import PREFIXES, Names, Place

DIGITS = st.text("0123456789abcdef", min_size=24, max_size=24)
NAMES = st.builds(Names, DIGITS.map("sess_{}".format), DIGITS.map("msg_{}".format))
SESSION, TURN = "0" * 23 + "a", "0" * 23 + "b"


@given(NAMES)
def test_a_response_and_its_conversation_are_read_back(names: Names) -> None:
    assert ids.read_response(names.response) == names
    assert ids.read_conversation(names.conversation) == names.session


@given(NAMES, st.sampled_from(sorted(PREFIXES)), st.integers(0, 10_000), st.integers(0, 998), st.integers(0, 0xFFFF))
def test_an_item_is_read_back(names: Names, type_: str, step: int, attempt: int, number: int) -> None:
    id_ = names.item(type_, step, attempt, number)
    assert ids.read_item(id_) == Place(names, type_, step, attempt, number)
    assert len(id_) <= 64
    assert ids.read_response(id_) is None
    assert ids.read_conversation(id_) is None


def test_they_have_this_form() -> None:
    names = Names(f"sess_{SESSION}", f"msg_{TURN}")
    assert names.response == f"resp_{SESSION}{TURN}"
    assert names.conversation == f"conv_{SESSION}"
    assert names.item("function_call", 1, 2, 3) == f"fc_{SESSION}{TURN}000100203"
    assert names.item("message", 16, 255, 256) == f"msg_{SESSION}{TURN}00100ff100"


def test_what_stands_before_the_steps_is_the_callers_at_no_attempt() -> None:
    names = Names(f"sess_{SESSION}", f"msg_{TURN}")
    sent, approved = (ids.read_item(names.item("mcp_call", 0, attempt, 0)) for attempt in (0, 1))
    assert sent
    assert sent.sent
    assert approved
    assert not approved.sent


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "resp_",
        "msg_68b0f3a1c0a88190b0f0c9d2c3e4f5a6",  # of another service
        f"resp_{SESSION}{TURN}\n",
        f"resp_{SESSION}{TURN}0",
        f"resp_{SESSION.upper()}{TURN}",
        f"resp_{SESSION}",
        f"conv_{SESSION}{TURN}",
        f"msg_{SESSION}{TURN}00010010",
        f"msg_{SESSION}{TURN}0001001000",  # a number has no zeros before it but for two digits
        f"xyz_{SESSION}{TURN}000100100",
        f"msg_{SESSION}{TURN}00010010٣",
        f" msg_{SESSION}{TURN}000100100",
    ],
)
def test_what_was_not_made_here_is_nothings_id(id_: str) -> None:
    assert ids.read_response(id_) is None
    assert ids.read_conversation(id_) is None
    assert ids.read_item(id_) is None
