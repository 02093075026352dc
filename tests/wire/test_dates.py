"""Dates of HTTP (RFC 9110, 5.6.7): three forms of one moment, and what is none."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from walkaway_wire import dates

MOMENT = 784_111_777


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York"], autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that stands anywhere."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_a_date_is_one_moment_in_each_form_everywhere(text: str) -> None:
    assert dates.seconds(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "120",
        "1994-11-06",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Mon, 07 Nov 1994 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994, Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date_or_several_is_none(text: str) -> None:
    assert dates.seconds(text) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2},? \d{1,9}[ -][A-Z][a-z]{2}[ -]\d{1,9} \d+:\d+:\d+( GMT| [+-]\d+)?"))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(dates.seconds(text), float | None)
