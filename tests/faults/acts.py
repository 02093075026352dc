"""What others do while a worker sleeps: successors, users, the sweep."""

import contextlib
from collections.abc import Callable

from tests.faults.world import MINUTE, World
from walkaway_core.doors.sweep import execution_failed, sweep
from walkaway_core.engine import deleting, sending
from walkaway_core.engine.ending import cancel
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.ports.items import Item
from walkaway_core.store import due, sessions, turns
from walkaway_core.store.keys import TurnKey
from walkaway_wire import jsontext

HOUR, DAY = 3600.0, 86_400.0


def successor_goes_one_state_on(world: World) -> None:
    """Give the worker up, and let another carry out the state."""
    world.machine.give_up()
    done = len(world.machine.invoked)
    while len(world.machine.invoked) == done and world.move():
        pass
    world.send()


def successor_goes_to_the_end(world: World) -> None:
    """Give the worker up, and let others bring the turn to its end."""
    world.machine.give_up()
    world.send()
    world.finish()


def current(world: World) -> TurnKey | None:
    """The turn that runs."""
    name = sessions.get(world.services, world.session).turn
    return TurnKey(world.session.tenant, world.session.session, name) if name else None


def user_cancels(world: World) -> None:
    """Cancel the turn, if there is one yet; if that is said to have been done, it must be so."""
    turn = current(world)
    if turn and cancel(world.services, turn):
        ended = turns.load(world.services, turn)
        if ended is None or ended.status != "cancelled":
            world.wrong.append(f"a cancel was confirmed, and the turn is {ended}")


def user_cancels_slowly(world: World, number: int) -> Callable[[], bool]:
    """Let whoever cancels sleep at the write, in front of an invocation, which then takes place."""

    def slowly() -> None:
        function, payload = world.machine.invoked[-1]
        world.table.at(1, before=lambda: world.machine.door(function, payload), kind="transaction")
        user_cancels(world)

    world.machine.before[number] = slowly
    return lambda: number in world.machine.before


def another_is_first(world: World) -> None:
    """Send another request, if none has been taken yet."""
    if not sessions.get(world.services, world.session).last_turn:
        sending.send(world.services, world.session, "another")


def invocation_comes_twice_at_once(world: World) -> None:
    """Deliver what is under way once more; a call of a tool may only change hands after its owner's deadline."""
    before = {item.sk: item for item in journals(world)}
    world.machine.repeat()
    for item in journals(world):
        old = before.get(item.sk)
        if (
            old
            and old.facts["state"] == "started"
            and old.facts["nonce"] != item.facts["nonce"]
            and world.clock.now() * 1000 < old.number("until")
        ):
            world.wrong.append(f"{item.sk} was taken from its owner")


def journals(world: World) -> list[Item]:
    """The calls of tools, under way or done."""
    found = world.place.table.query(world.session.partition, after="ENTRY#", upto="ENTRY#~").items
    return [item for item in found if "state" in item.facts]


def sweep_starts_the_next_execution(world: World) -> None:
    """Let so much time pass that the step counts as lost, while its worker only sleeps."""
    world.clock.time += due.STEP_WITHIN + MINUTE
    sweep(world.services)


def old_failure_is_told(world: World) -> None:
    """Let the turn go to its next execution, and the failure of the first one be told after that."""
    sweep_starts_the_next_execution(world)
    ticket = {"tenant": "t", "session": world.session.session, "execution": 1, "step": 0}
    for name in list(world.machine.names):
        detail = {"status": "FAILED", "input": jsontext.dumps({**ticket, "turn": name}), "error": "States.Runtime"}
        if "-" not in name:
            execution_failed(world.services, detail)


def user_deletes(world: World) -> None:
    """Delete the session, which nobody sees from then on."""
    with contextlib.suppress(SessionNotFound):
        deleting.delete(world.services, world.session)
        sessions.get(world.services, world.session)
        world.wrong.append("a deleted session is there")


def session_expires(world: World) -> None:
    """Let the session's time pass, and the schedule look at it."""
    world.clock.time += DAY
    sweep(world.services)


def hours_pass(world: World) -> None:
    """Let the turn's deadline pass, and the schedule look at it."""
    world.clock.time += 2 * HOUR
    sweep(world.services)


def another_message(world: World) -> None:
    """Send the same request once more, and one that a busy session must refuse."""
    first = turns.load(world.services, world.send())
    if first and first.status == "running":
        try:
            sending.send(world.services, world.session, "another")
        except SessionBusy:
            return
        world.wrong.append("a second turn began")


def tell_again(world: World, number: int) -> Callable[[], bool]:
    """Let the message that is being taken come once more, to somebody else, in front of a write."""
    world.table.at(number, before=world.queue.again)
    return lambda: world.table.armed
