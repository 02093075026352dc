"""Properties of paths: clean ones stay inside, and a scope covers itself and what is below."""

import pytest
from hypothesis import example, given, strategies as st

from walkaway_core.errors import PathForbidden, PathInvalid
from walkaway_core.ports import paths
from walkaway_core.ports.paths import Scope

ANY_TEXT = st.text(st.characters())


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
