"""Tickets come back from the machine as they went."""

import json

from hypothesis import given, strategies as st

from walkaway_core.store.ticket import Ticket


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.lists(st.integers(0, 100)))
def test_a_ticket_comes_back_from_json_without_what_the_machine_added(
    step: int, history: int, calls: list[int]
) -> None:
    ticket = Ticket("t", "s", "m", 1, step, history, "tools", tuple(calls), step % 2 == 0, None, ("code", "sentence"))
    carried = {**json.loads(json.dumps(ticket.json())), "error": {"Error": "x"}}
    assert Ticket.read(carried) == ticket
