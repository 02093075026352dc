"""Sessions go on from others' turns, and something goes wrong: a parent is kept for its children, and no longer."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.faults.acts import DAY
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.schedules import two_at_once
from tests.faults.violations import Found, of_log, of_record
from tests.faults.world import World
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, executions, placing, starting
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.forgetting import forget
from walkaway_core.engine.releasing import PURGE_AFTER
from walkaway_core.engine.starting import Message
from walkaway_core.errors import NotFound
from walkaway_core.log import log, transcript
from walkaway_core.store import bodies, parents, sessions, starts, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services

OPTIONS = sessions.options({"ttl": starting.LIFE, "chain": True, "persistent": True, "inline_tools": True})
FIRST, SECOND, CHILD = "the first", "the second", "go"
ONCE = Once("t", "child", "asks", int(DAY))


class Family:
    """A chain of two turns, and a session that goes on from the first of them; then something else comes.

    `after`: what a client does that repeats it until it is done. `left`: the kinds of due items in the end.
    """

    def __init__(
        self, after: Sequence[Callable[[World, "Family"], object]] = (), check: "Check | None" = None, *left: str
    ) -> None:
        self._after = after
        self._check = check or whole
        self._left = left
        self.first = self.second = TurnKey("", "", "")
        self.child: TurnKey | None = None

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, lambda world, *_: self._check(world, self))

    def _run(self, world: World) -> TurnKey | None:
        calm = untroubled(world)
        self.first = ended(calm, FIRST)
        owner = sessions.get(calm, self.first.owner)
        second = starting.claim(calm, owner, said(SECOND), None)
        assert second
        end_turn(calm, second.key, Ending("completed"))
        self.second, self.child = second.key, None
        if self._after or self._left:
            self.child = ended(calm, CHILD, self.first)
        else:
            with contextlib.suppress(NotFound):
                self.child = world.survive(lambda: child(world, self.first))
        for act in self._after:
            world.survive(lambda act=act: act(world, self))  # type: ignore[misc]
            world.settle()
        world.finish(*(self._left or ("session",)))
        return self.child


Check = Callable[[World, Family], list[str]]


def untroubled(world: World) -> Services:
    """Services to which nothing happens."""
    return replace(world.services, table=world.place.table)


def said(message: str) -> Message:
    """Make a message."""
    return Message([{"type": "text", "text": message}])


def ended(services: Services, message: str, parent: TurnKey | None = None) -> TurnKey:
    """Make a chain whose first turn is over."""
    turn = starting.with_session(services, "t", OPTIONS, said(message), None, parent=parent)
    assert turn
    end_turn(services, turn.key, Ending("completed"))
    return turn.key


def child(world: World, parent: TurnKey) -> TurnKey:
    """Make a child as a client that repeats what it has no answer to."""
    while True:
        if earlier := ONCE.earlier(world.services):
            return executions.get(world.services, earlier.turn).key
        turn = starting.with_session(world.services, "t", OPTIONS, said(CHILD), ONCE, parent=parent)
        if turn:
            starts.begin(world.services, turn)
            return turn.key


def deletes_the_parent(world: World, family: Family) -> None:
    """Delete the session of the first two."""
    with contextlib.suppress(NotFound):
        deleting.delete(world.services, family.first.owner)


def deletes_the_child(world: World, family: Family) -> None:
    """Delete the other one."""
    if family.child:
        with contextlib.suppress(NotFound):
            deleting.delete(world.services, family.child.owner)


def forgets(which: str) -> Callable[[World, Family], None]:
    """Take one turn away."""

    def act(world: World, family: Family) -> None:
        key = getattr(family, which)
        if key:
            with contextlib.suppress(NotFound):
                forget(world.services, key)

    return act


def parent_goes(world: World) -> None:
    """Let all parents be deleted, and their contents be removed, while somebody sleeps."""
    calm = untroubled(world)
    for session in list(sessions.scan(calm, "t")):
        if session.parent is None and not session.busy:
            deleting.delete(calm, session.key)
    world.clock.time += PURGE_AFTER + 1
    sweep(calm)


def whole(world: World, family: Family) -> list[str]:
    """What must hold of a child: it is made once or not at all, has come to its end, and its conversation is whole."""
    found, table = Found(), world.place.table
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    made = [item for item in table.query("T#t", after="SESSION#", upto="SESSION#~").items if "parent" in item.facts]
    expected = [family.child.session] if family.child else []
    found.must([item.sk.removeprefix("SESSION#") for item in made] == expected, f"children are {made}")
    held = [held.session for held, _ in parents.children(untroubled(world), family.first.owner)]
    found.must(held == expected, f"the parent is kept for {held}")
    if family.child:
        events = log.events(world.services, family.child, table.query(family.child.log).items)
        found += of_log(events) + of_record(untroubled(world), family.child, events)
        told = conversation(world, family.child.owner)
        found.must(told == [FIRST, CHILD], f"the child's conversation has {told}")
    return found


def conversation(world: World, key: SessionKey) -> list[str]:
    """Read what users said, as a model is told it."""
    services = untroubled(world)
    item = services.table.get(key.item)[0]
    assert item
    entries = transcript.entries(services, key, parent=sessions.unpack(key, item).parent)
    return [transcript.text(entry.body["content"]) for entry in entries if entry.body.get("role") == "user"]


def kept(world: World, family: Family) -> list[str]:
    """What must hold when the parent is gone for all but its child: the child is whole, and nothing else is there."""
    found = Found(whole(world, family))
    for key in (family.first, family.second):
        with contextlib.suppress(NotFound):
            placing.origin(untroubled(world), key)
            found.append(f"{key.turn} is there")
    said_ = str(world.place.table.query(family.first.owner.partition).items)
    found.must(FIRST in said_ if family.child else FIRST not in said_, "the first turn's text is not as it must be")
    found.must(SECOND not in said_, "the second turn's text is there")
    found.must(not world.place.table.query(family.second.log).items, "the second turn's log is there")
    return found


def shorter(world: World, family: Family) -> list[str]:
    """What must hold when the last turn of a chain was taken away: the first one and the child are as they were."""
    found, table = Found(whole(world, family)), world.place.table
    found.must(placing.origin(untroubled(world), family.first), "the first turn is gone")
    found.must(SECOND not in str(table.query(family.first.owner.partition).items), "the second turn's text is there")
    found.must(not table.query(family.second.log).items, "the second turn's log is there")
    return found


def nothing(world: World, family: Family) -> list[str]:
    """What must hold when all have gone."""
    found, table = Found(), world.place.table
    for key in (family.first, family.second, *([family.child] if family.child else [])):
        found.must(not table.get(key.owner.item)[0], f"the record of {key.session} is there")
        found.must(not table.query(key.owner.partition).items, f"turns or entries of {key.session} are there")
        found.must(not table.query(key.log).items, f"the log of {key.turn} is there")
        found.must(not table.query(key.owner.own_log.log).items, f"the log of {key.session} is there")
        found.must(not world.place.workspace.listing(bodies.root("t"), key.session), "bodies are there")
        found.must(turns.load(untroubled(world), key) is None, f"{key.turn} is there")
    found.must(world.due() == [], f"due items are left: {world.due()}")
    return found


LIVES = {
    "a child": Family(),
    "a parent is deleted": Family([deletes_the_parent], kept),
    "the last child is deleted": Family([deletes_the_parent, deletes_the_child], nothing, "nothing"),
    "a link is forgotten": Family([forgets("second")], shorter),
    "links are forgotten": Family([forgets("first"), forgets("second")], kept),
    "the last link is forgotten": Family([forgets("second"), forgets("first"), forgets("child")], nothing, "nothing"),
    "a family expires": Family((), nothing, "nothing"),
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    found = [
        Fault(f"{name}; {what}", each("write"), hands["at"]("write", fault), life=family.life)
        for name, family in LIVES.items()
        for what, fault in (
            ("a write has no effect, unseen", "lost"),
            ("a write takes effect, unseen", "after effect"),
            ("somebody dies before a write", "crash before"),
            ("somebody dies after a write", "crash after"),
        )
    ]
    found += [
        Fault(f"{name}; two sweeps come at once", operations, hands["meanwhile"](two_at_once), life=family.life)
        for name, family in LIVES.items()
    ]
    gone = Family((), either)
    return [
        *found,
        Fault("a child; its parent goes meanwhile", operations, hands["meanwhile"](parent_goes), life=gone.life),
    ]


def either(world: World, family: Family) -> list[str]:
    """What must hold when the parent may be gone: the child is whole, or was never made."""
    if family.child:
        return whole(world, family)
    left = str(world.place.table.query("T#t", after="SESSION#", upto="SESSION#~").items)
    return ["a child was made, and nobody was told"] if "parent" in left else []
