"""A cursor is a plain number."""

from hypothesis import given, strategies as st

from walkaway_core.errors import CursorInvalid
from walkaway_core.http.cursors import number

ANY_TEXT = st.text(st.characters())


@given(ANY_TEXT | st.integers().map(str))
def test_a_cursor_is_a_plain_number_or_refused(text: str) -> None:
    try:
        read = number(text)
    except CursorInvalid:
        return
    assert read == (-1 if text in ("", "-1") else int(text))
    assert read >= -1
