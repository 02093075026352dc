"""Cursors hold for the list that they are of, as it was asked for."""

import pytest
from hypothesis import given, strategies as st

from walkaway_core.dialects.managed import pages
from walkaway_core.dialects.managed.pages import Cursors, Range
from walkaway_core.dialects.managed.problems import Refusal

LIST = Cursors("sessions", {"agent": "agent_1", "statuses": ("idle",)})


@given(st.text(max_size=50), st.sampled_from(("next", "prev")))
def test_a_place_is_read_back(place: str, way: pages.Way) -> None:
    assert LIST.read(LIST.write(place, way)) == (place, way)


def test_a_list_begins_without_one() -> None:
    assert LIST.read(None) == LIST.read("") == ("", "next")


@pytest.mark.parametrize(
    "other",
    [
        Cursors("agents", LIST.filters),
        Cursors("sessions", {"agent": "agent_2", "statuses": ("idle",)}),
        Cursors("sessions", {"agent": "agent_1"}),
    ],
)
def test_that_of_another_list_is_refused(other: Cursors) -> None:
    with pytest.raises(Refusal, match=r"^page: invalid page cursor"):
        other.read(LIST.write("sess_1"))


def test_that_of_another_order_is_refused() -> None:
    with pytest.raises(Refusal, match="page token order does not match request"):
        Cursors("sessions", LIST.filters, "asc").read(LIST.write("sess_1"))


def test_what_narrows_nothing_binds_nothing() -> None:
    wide = Cursors("sessions", {"agent": None, "statuses": ()})
    assert Cursors("sessions", {}).read(wide.write("x")) == ("x", "next")


@pytest.mark.parametrize("odd", ["page_", "page_!", "sesn_1", "page_" + "A" * 3000, "page_W10", "page_ż", "page_WzFd"])
def test_what_is_none_is_refused(odd: str) -> None:
    with pytest.raises(Refusal, match="invalid page cursor"):
        LIST.read(odd)


def test_a_body_serves_clients_of_every_age() -> None:
    assert pages.page([], None, prev_page=None) == {
        "data": [],
        "next_page": None,
        "has_more": False,
        "first_id": None,
        "last_id": None,
        "prev_page": None,
    }
    body = pages.page([{"id": "a"}, {"id": "b"}], "page_x")
    assert (body["has_more"], body["first_id"], body["last_id"]) == (True, "a", "b")


def test_an_array_comes_in_every_form() -> None:
    assert pages.either(["idle", "running"], None, "statuses") == ("idle", "running")
    assert pages.either(None, ["idle,running", "idle"], "statuses") == ("idle", "running")
    with pytest.raises(Refusal, match=r"^statuses: takes up to 100"):
        pages.either([str(n) for n in range(101)], None, "statuses")


def test_a_range_has_what_is_within_its_bounds() -> None:
    assert 1.0 in Range()
    assert [at for at in (1.0, 2.0, 3.0, 4.0) if at in Range(gt=1.0, lte=3.0)] == [2.0, 3.0]
    assert [at for at in (1.0, 2.0, 3.0, 4.0) if at in Range(gte=2.0, lt=4.0)] == [2.0, 3.0]
