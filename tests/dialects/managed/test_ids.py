"""Ids are those of the sessions API renamed, and an event's says where it stands; nothing else is taken for one."""

import pytest
from hypothesis import given, strategies as st

from walkaway_core.dialects.managed import ids
from walkaway_core.dialects.managed.ids import Place

DIGITS = st.text("0123456789abcdef", min_size=24, max_size=24)
OWNERS = st.builds("{}_{}".format, st.sampled_from(("msg", "sess")), DIGITS)
X = "0" * 23 + "a"


@given(OWNERS, st.integers(0, 0xFFFFFFFF), st.sampled_from(("", *"ghijklmnopqrtuvwxyz")))
def test_the_place_of_an_event_is_read_back(owner: str, number: int, letter: str) -> None:
    place = Place(owner, number, letter)
    assert ids.read_event(place.id) == place
    assert place.of_session == owner.startswith("sess_")


@given(DIGITS)
def test_ours_renamed_are_read_back(digits: str) -> None:
    assert ids.read_session(ids.session(f"sess_{digits}")) == f"sess_{digits}"
    assert ids.read_thread(ids.thread(f"sess_{digits}")) == f"sess_{digits}"
    assert ids.read_agent(ids.agent(f"agt_{digits}")) == f"agt_{digits}"


def test_they_have_this_form() -> None:
    assert (ids.session(f"sess_{X}"), ids.thread(f"sess_{X}"), ids.agent(f"agt_{X}")) == (
        f"sesn_{X}",
        f"sthr_{X}",
        f"agent_{X}",
    )
    assert ids.event(f"msg_{X}", 41) == f"sevt_{X}000029"
    assert ids.event(f"msg_{X}", 41, "t") == f"sevt_{X}000029t"
    assert ids.event(f"sess_{X}", 41, "t") == f"sevt_{X}s000029t"
    assert ids.notice(f"evt_{X}") == f"event_{X}"


@pytest.mark.parametrize(
    "odd",
    [
        *("", "sevt_", f"sevt_{X}", f"sevt_{X}00002", f"sevt_{X}00000029", f"sevt_{X}000029s", f"sevt_{X}000029tt"),
        *(
            f"sevt_{X}00002G",
            f"sevt_{X.upper()}000029",
            f"sesn_{X}",
            f"sevt_{X}000029\n",
            f"sevt_{X}\u0660\u0660\u0660\u0660\u0660\u0660",
        ),
    ],
)
def test_others_are_none(odd: str) -> None:
    assert ids.read_event(odd) is None


@pytest.mark.parametrize("odd", ["", "sesn_", f"sess_{X}", f"sesn_{X[:-1]}", f"sesn_{X}0", f"sesn_{X}\n", "sesn_../x"])
def test_other_sessions_are_none(odd: str) -> None:
    assert ids.read_session(odd) is None


def test_a_tenant_is_one_workspace() -> None:
    assert ids.workspace("alpha") == ids.workspace("alpha") != ids.workspace("beta")
    assert ids.workspace("alpha").startswith("wrkspc_")
    assert "alpha" not in ids.workspace("alpha") + ids.organization("alpha")
