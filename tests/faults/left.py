"""A request is made once: whoever makes it dies, and nobody repeats it. What was committed goes on by itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from tests.faults import acts, children, ends, managed, pauses
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.runs import WISH
from tests.faults.script import ASKS, STEERING
from tests.faults.violations import Found, of_log, of_record
from tests.faults.world import MINUTE, TROUBLE, World
from walkaway_core.agent import agents
from walkaway_core.dialects.runs import runs
from walkaway_core.dialects.workflows import tasks
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import ending, forgetting, sending, starting
from walkaway_core.engine.pause import answering, asking
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.engine.sending import OnBusy
from walkaway_core.log import log, metadata
from walkaway_core.notify import deliveries, endpoints
from walkaway_core.store import sessions, starts, turns
from walkaway_core.store.keys import END, SessionKey, TurnKey
from walkaway_core.store.notice import Notice

Act = Callable[[World], object]
NOBODY = "http://127.0.0.1:9/"


def once(world: World, request: Act) -> None:
    """Make a request. If whoever makes it is to die at one of its writes, nobody makes it again."""
    made, before = world.table.counts["asked"], world.table.counts["write"]
    number, fault = world.caller or (0, "")
    if number > made:
        world.table.at(number - made, fault)
    try:
        request(world)
    except TROUBLE:
        world.table.revive()
    world.table.counts["asked"] += world.table.counts["write"] - before
    if number > made and not world.table.armed:
        world.caller = None
    world.table.disarm()


def dies(fault: str) -> Arm:
    """Let whoever asks die at a write of the request."""

    def arm(world: World, number: int) -> Callable[[], bool]:
        world.caller = number, fault
        return lambda: world.caller is not None

    return arm


class Left:
    """A life with a request that is made once: after `ready`, or while a turn runs; then nobody asks for a minute."""

    def __init__(self, request: Act, ready: Act = lambda _: None, *, while_busy: bool = False) -> None:
        self._request = request
        self._ready = ready
        self._while_busy = while_busy

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, sound)

    def _run(self, world: World) -> TurnKey | None:
        world.survive(lambda: self._ready(world))
        if self._while_busy:
            world.machine.before[3] = lambda: once(world, self._request)
            world.survive(world.send)
            world.settle()
        else:
            once(world, self._request)
        minute(world)
        world.wrong += standing(world)
        world.finish(*(kind for kind in set(world.due()) if kind in ("session", "delivery")))
        return None


def answered(answers: dict[str, CallAnswer]) -> Life:
    """A turn that asks its caller, who answers each call once."""

    def run(world: World) -> None:
        world.survive(lambda: pauses.session(world))
        world.survive(lambda: world.say(ASKS))
        world.settle()
        for call, answer in answers.items():
            turn = pauses.current(world)
            if turn and call in {request.id for request in asking.pending(world.services, turn)}:
                once(world, partial(_answer, call, answer))
                minute(world)
                world.wrong.extend(standing(world))
        world.finish()

    return Life(run, sound)


def _answer(call: str, answer: CallAnswer, world: World) -> None:
    answering.take(world.services, world.session, [(call, answer)])


def minute(world: World) -> None:
    """Let a minute pass, with what the schedule does in it."""
    world.settle()
    world.clock.time += MINUTE
    world.survive(lambda: sweep(world.services))
    world.settle()


def standing(world: World) -> list[str]:
    """Turns that neither run to their end nor wait for anybody, and messages that wait behind nothing."""
    found = Found()
    for session in sessions_of(world):
        for key, status in _turns(world, session):
            turn = turns.load(world.services, key)
            waits = turn and asking.pending(world.services, turn)
            found.must(status not in ("running", "queued") or waits, f"a minute later {key.turn} stands still: {turn}")
    return found


def sound(world: World, _: object, *ends: str) -> list[str]:
    """What must hold of all turns of a world in the end."""
    del ends
    found = Found()
    for session in sessions_of(world):
        item = world.place.table.get(session.item)[0]
        found.must(item is None or "turn" not in item.facts, f"{session.session} is busy")
        for key, _status in _turns(world, session):
            events = log.events(world.services, key, world.place.table.query(key.log).items)
            found += of_log(events) + of_record(world.services, key, events)
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    return found


def closed(world: World, _: object, *ends: str) -> list[str]:
    """What must hold of a session beside, which somebody has wanted to close."""
    found = Found(sound(world, _, *ends))
    managed.closed(world, found)
    return found


def sessions_of(world: World) -> list[SessionKey]:
    items = world.place.table.query("T#t", after="SESSION#", upto=f"SESSION#{END}").items
    return [SessionKey("t", item.sk.removeprefix("SESSION#")) for item in items]


def _turns(world: World, session: SessionKey) -> list[tuple[TurnKey, str]]:
    items = world.place.table.query(session.partition, after="TURN#", upto=f"TURN#{END}").items
    return [(session.turn(item.sk.removeprefix("TURN#")), item.text("status")) for item in items]


def sends(message: str, on_busy: OnBusy = "reject") -> Act:
    """A message without a key: nobody could repeat it safely."""
    return lambda world: sending.send(world.services, world.session, message, on_busy=on_busy)


def cancels(world: World) -> None:
    """Cancel the turn that runs."""
    turn = acts.current(world)
    assert turn
    ending.cancel(world.services, turn)


def has_a_chain(world: World) -> None:
    """Make a chain whose first turn is over, unless there is one."""
    if not _chains(world):
        children.ended(world.services, "one")


def goes_on(world: World) -> None:
    """Go on from its turn in a new session."""
    parent = _chains(world)[0].key.turn(_chains(world)[0].ended_turn)
    turn = starting.with_session(world.services, "t", children.OPTIONS, children.said("go"), None, parent=parent)
    if turn:
        starts.begin(world.services, turn)


def forgets(world: World) -> None:
    """Take its turn away."""
    forgetting.forget(world.services, _chains(world)[0].key.turn(_chains(world)[0].ended_turn))


def _chains(world: World) -> list[sessions.Session]:
    """The chains that are there, and free."""
    return [found for found in sessions.scan(world.services, "t") if found.options.chain and not found.busy]


def has_an_agent(world: World) -> None:
    """Make an agent, unless there is one."""
    if not agents.listing(world.services, "t", limit=1)[0]:
        agents.create(world.services, "t", "writer", values={})


def has_a_webhook(world: World) -> None:
    """Make an endpoint, unless there is one."""
    if not endpoints.all_of(world.services, "t"):
        endpoints.create(world.services, "t", NOBODY, events=("*",), format_="native", description="")


def has_a_delivery(world: World) -> None:
    """Make an endpoint, and something that it has been told."""
    has_a_webhook(world)
    owner = endpoints.all_of(world.services, "t")[0].id
    notice = Notice("evt_1", "turn.completed", "t", world.session.session, "msg_1", 1, world.clock.now())
    deliveries.put(world.services, notice, owner, b"{}")
    while world.queue.move():
        pass


def redelivers(world: World) -> None:
    """Have it delivered again."""
    deliveries.again(world.services, "t", endpoints.all_of(world.services, "t")[0].id, "evt_1")


REQUESTS: dict[str, Life] = {
    "a message": Left(sends("go")).life,
    "a message that waits": Left(sends("then other.txt", "enqueue"), while_busy=True).life,
    "a message that steers": Left(sends(STEERING + "faster", "steer"), while_busy=True).life,
    "a message that interrupts": Left(sends("then other.txt", "interrupt"), while_busy=True).life,
    "an answer, or a yes": answered(pauses.ANSWERS),
    "an answer, or a no": answered(pauses.OTHER),
    "what came of a turn's calls": Left(
        lambda world: ends.say(world, 2, ends.brings(ends.left_open(world)), key=False), ends.left
    ).life,
    "a cancel": Left(cancels, while_busy=True).life,
    "a deletion": Left(acts.user_deletes, while_busy=True).life,
    "a change of metadata": Left(
        lambda world: metadata.merge(world.services, world.session, {"stage": "draft"}), while_busy=True
    ).life,
    "a run": Left(lambda world: runs.submit(world.services, "t", WISH)).life,
    "a task": Left(lambda world: tasks.start(world.services, "t", "writer", tasks.TaskRequest({})), has_an_agent).life,
    "a session": Left(World.create).life,
    "a session of Managed Agents": Left(managed.make).life,
    "a change of one": Left(managed.changes, managed.one).life,
    "an archive of one that waits": replace(Left(managed.archives, managed.waits).life, check=closed),
    "a deletion of one that waits": Left(managed.deletes, managed.waits).life,
    "a child": Left(goes_on, has_a_chain).life,
    "a link that is taken away": Left(forgets, has_a_chain).life,
    "an agent": Left(has_an_agent).life,
    "a webhook": Left(has_a_webhook).life,
    "a redelivery": Left(redelivers, has_a_delivery).life,
}
"""Every kind of request that writes to the Table; a file is one write of the Workspace's."""


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]], lives: Mapping[str, Life] = REQUESTS
) -> list[Fault]:
    """What may befall requests that nobody repeats."""
    return [
        Fault(
            f"{name} that nobody repeats; its server dies {when} a write",
            each("asked"),
            dies(f"crash {when}"),
            life=life,
        )
        for name, life in lives.items()
        for when in ("before", "after")
    ]
