"""A server that dies loses what it has written behind, and nothing else: between all groups of writes of a turn."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.script import FILE, respond
from tests.faults.served import MODEL, TENANT, sound
from tests.kit.messages_api import MessagesApi
from walkaway_core.engine import creating, sending
from walkaway_core.ports.items import Item
from walkaway_core.settings import Settings
from walkaway_core.store import sessions, turns
from walkaway_core.store.keys import TurnKey
from walkaway_local.group import Group
from walkaway_local.stack import LocalStack


def holds(condition: Callable[[], bool]) -> bool:
    return any(condition() or threading.Event().wait(0.01) for _ in range(2000))


def over(stack: LocalStack, turn: TurnKey) -> bool:
    record = turns.load(stack.services, turn)
    return record is not None and record.status == "completed"


@pytest.fixture(params=[True, False], ids=["in one go", "a call at a time"])
def lives(
    request: pytest.FixtureRequest, tmp_path: Path, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> list[Path]:
    """Play a turn in which nothing is written behind before it must be; give what deaths in it would leave."""
    monkeypatch.setattr("walkaway_local.writer.HOLD", 30.0)
    model.respond = respond
    left: list[Path] = []
    data, carry_out = tmp_path / "data", Group.carry_out

    def dying(group: Group) -> None:
        """Copy the folder in front of a commit, as whoever kills the server there would find it."""
        left.append(tmp_path / str(len(left)))
        shutil.copytree(data, left[-1])
        carry_out(group)

    stack = LocalStack(data, Settings(model=MODEL, base_url=model.url))
    stack.run()
    try:
        options = sessions.options({"persistent": True, "inline_tools": request.param})
        session = creating.create(stack.services, TENANT, options, {}).key
        monkeypatch.setattr(Group, "carry_out", dying)
        turn = sending.send(stack.services, session, f"go {FILE}").turn.key
        assert holds(lambda: over(stack, turn))
    finally:
        monkeypatch.setattr(Group, "carry_out", carry_out)
        stack.close()
    (tmp_path / "turn").write_text(f"{turn.session} {turn.turn}")
    return left


def log_of(stack: LocalStack, turn: TurnKey) -> list[Item]:
    return list(stack.services.table.query(turn.log).items)


def test_a_turn_goes_on_from_whatever_a_death_leaves(tmp_path: Path, lives: list[Path], model: MessagesApi) -> None:
    turn = TurnKey(TENANT, *(tmp_path / "turn").read_text().split())
    wrong: dict[int, Any] = {}
    for number, data in enumerate(lives):
        stack = LocalStack(data, Settings(model=MODEL, base_url=model.url))
        seen = log_of(stack, turn)
        if turns.load(stack.services, turn) is None:
            stack.close()
            continue  # nobody has been told that there is one
        stack.run()
        ended = holds(lambda: over(stack, turn))  # noqa: B023 - called here
        kept = log_of(stack, turn)[: len(seen)] == seen
        stack.close()
        if found := [*sound(data, turn, FILE), *([] if ended else ["no end"]), *([] if kept else ["the log changed"])]:
            wrong[number] = found
    assert wrong == {}
    assert len(lives) > 10
    assert model.problems == []
