"""Properties of durations in words."""

from hypothesis import example, given, strategies as st

from walkaway_core.errors import Invalid
from walkaway_core.http import durations

ANY_TEXT = st.text(st.characters())


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
