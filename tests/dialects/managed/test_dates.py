"""Times are written in one form and read in those that clients send."""

import pytest

from walkaway_core.dialects.managed import dates
from walkaway_core.dialects.managed.problems import Refusal

AT = 1764061200.0


def test_a_time_is_written_to_the_millisecond() -> None:
    assert dates.shown(AT) == "2025-11-25T09:00:00.000Z"
    assert dates.shown(AT + 0.0417) == "2025-11-25T09:00:00.041Z"
    assert dates.perhaps(None) is None


@pytest.mark.parametrize(
    "text",
    [
        *("2025-11-25T09:00:00Z", "2025-11-25T09:00:00.000Z", "2025-11-25t09:00:00z", "2025-11-25T09:00:00+00:00"),
        *("2025-11-25T10:30:00+01:30", "2025-11-25T10:30:00 01:30", "2025-11-25T09:00:00", "2025-11-25 09:00"),
        *("2025-11-25T09:00:00.000000001Z", "2025-11-25T04:00:00-0500"),
    ],
)
def test_a_time_is_read_as_clients_write_it(text: str) -> None:
    assert dates.seconds(text, "created_at[gte]") == AT


def test_a_day_begins_at_midnight() -> None:
    assert dates.seconds("2025-11-25", "created_at[gte]") == AT - 9 * 3600


@pytest.mark.parametrize("text", ["", "yesterday", "1764061200", "2025-13-01", "2025-W48", "2025-11-25T25:00:00Z", "٢"])
def test_what_is_no_time_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Refusal, match=r"^created_at\[gte\]: "):
        dates.seconds(text, "created_at[gte]")
