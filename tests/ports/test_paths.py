"""Properties of paths: clean ones stay inside, and a scope covers itself and what is below."""

import pytest
from hypothesis import example, given, strategies as st

from walkaway_core.errors import PathForbidden, PathInvalid
from walkaway_core.ports import paths
from walkaway_core.ports.paths import Scope
from walkaway_sandbox import tree

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


UNFIT = [
    "\x80",
    "\x85",
    "\x9b31m",
    "a\u2028b",
    "\u2029",
    "\ufeffx",
    "\u061c",
    "\u200e",
    "x\u200f",
    "\u202egpj.exe",
    "\u2066",
]


@pytest.mark.parametrize("name", UNFIT, ids=ascii)
def test_what_cannot_be_seen_in_a_name_is_refused_when_it_comes_in_alone(name: str) -> None:
    for path in (name, f"{name}/a", f"a/{name}"):
        with pytest.raises(PathInvalid, match=r"U\+[0-9A-F]{4}"):
            paths.clean_new(path)
        assert paths.clean(path) == path
    assert paths.addressable("", name)
    assert paths.shown(name).isprintable()
    assert paths.shown(name).isascii()


@pytest.mark.parametrize("name", ["👩\u200d👧", "नम\u200cस्ते", "a\u2060b", "ünï", "e\u0301"], ids=ascii)
def test_joiners_and_marks_stay(name: str) -> None:
    assert paths.clean_new(name) == paths.shown(name) == name


def test_a_new_path_is_no_deeper_than_a_command_may_leave_one() -> None:
    assert paths.MAX_DEPTH == tree.DEEPEST
    assert paths.clean_new("d/" * 100 + "f")
    with pytest.raises(PathInvalid, match="101 directories in each other; the limit is 100"):
        paths.clean_new("d/" * 101 + "f")
    assert paths.clean("d/" * 460 + "f")


@pytest.mark.parametrize(
    "name", ["caf\udce9.txt", "a\nb", "\x00", "\ufffd", "", ".", "..", "a/b", "x" * 256, "\x7f"], ids=ascii
)
def test_no_path_leads_to_what_cannot_be_asked_for(name: str) -> None:
    assert not paths.addressable("", name)
    assert not paths.addressable("folder", name)


def test_a_path_that_is_too_long_in_all_cannot_be_asked_for() -> None:
    folder = "/".join(["x" * 200] * 4)
    assert paths.addressable(folder, "y" * 120)
    assert not paths.addressable(folder, "y" * 121)


@given(st.text(max_size=300), st.integers(20, 120))
@example("漢" * 86 + ".txt", 100)
@example("😀" * 300, 120)
def test_a_name_is_shortened_to_its_limits_and_keeps_its_ending(name: str, most: int) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    short = paths.shortened(name, most)
    assert len(short) <= most
    assert len(short.encode()) <= 255
    if name.endswith(".txt") and len(name) > 4:
        assert short.endswith(".txt")


def test_a_refusal_names_a_few_of_many_scopes() -> None:
    with pytest.raises(PathForbidden, match="and 190 more") as refused:
        Scope(read=[f"{number}/" + "x" * 200 for number in range(200)]).check_read("y")
    assert len(str(refused.value)) < 2000
    with pytest.raises(PathForbidden, match=r"may write: \['a', 'b'\]$"):
        Scope(write=["a", "b"]).check_write("y")
