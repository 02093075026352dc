"""What a session of Managed Agents has mounted is taken away, closed or deleted, and something goes wrong."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.faults import creates, left
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.creates import asks_once
from tests.faults.mounted import BEFALLS, PLACES, nothing_over, quietly, session, session_goes, session_is_closed
from tests.faults.violations import Found
from tests.faults.world import World
from walkaway_core.dialects.managed import resources
from walkaway_core.dialects.managed.problems import Refusal
from walkaway_core.errors import FileNotFound, SessionNotFound
from walkaway_core.store import identified, mounts
from walkaway_core.store.mounts import Mounted


class Goes:
    """A life in which something is taken away: until there is an answer if `repeated`, else once.

    `left_` says how many mounts are there when it has gone; `beside`: whether something else may have taken it away.
    """

    def __init__(self, act: Callable[[World], object], left_: int, *, repeated: bool, beside: bool = False) -> None:
        self._act = act
        self._left = left_
        self._repeated = repeated
        self._beside = beside
        self._asked = 0
        self._done = False

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self._check)

    def comes(self, world: World) -> None:
        """Ask for it; that it is gone already is an answer to whoever asks again."""
        self._asked += 1
        try:
            self._act(world)
        except (Refusal, FileNotFound, SessionNotFound) as refused:
            if self._asked == 1 and not self._beside:
                world.wrong.append(f"it was refused: {refused}")
        self._done = True

    def _run(self, world: World) -> None:
        self._asked, self._done = 0, False
        session(world, mounting=True)
        if self._repeated:
            world.survive(lambda: self.comes(world))
        else:
            asks_once(world, lambda: self.comes(world))
        world.finish()

    def _check(self, world: World, *_: Any) -> list[str]:
        found = Found()
        nothing_over(world, found)
        there = len(mounts.listing(world.services, world.session))
        allowed = {self._left} if self._done else {self._left, len(PLACES)}
        found.must(there in allowed or world.session not in left.sessions_of(world), f"{there} are mounted")
        self._asked = int(there != len(PLACES))
        self.comes(world)
        nothing_over(world, found)
        there = len(mounts.listing(world.services, world.session))
        found.must(there in (0, self._left), f"{there} are mounted when it has gone")
        return found


def _first(world: World) -> Mounted:
    """Give what is mounted at the first place. Raises FileNotFound."""
    there = mounts.listing(world.services, world.session)
    for each in there:
        if each.place == PLACES[0]:
            return each
    raise FileNotFound


def _unmounts(world: World) -> None:
    resources.delete(world.services, world.session, _first(world))


def _deletes(world: World) -> None:
    """Delete a session's own copy as the file that it is."""
    mounts.delete_file(world.services, identified.by_key(world.services, "t", _first(world).file))


GOING: Mapping[str, tuple[Callable[[World], object], int]] = {
    "a mounted file is taken away": (_unmounts, 1),
    "a mounted file is deleted": (_deletes, 1),
    "a session with files is deleted": (session_goes, 0),
    "a session with files is closed": (session_is_closed, 2),
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall it. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    at, meanwhile, found = hands["at"], hands["meanwhile"], list[Fault]()
    for name, (act, left_) in GOING.items():
        repeated, once = Goes(act, left_, repeated=True), Goes(act, left_, repeated=False)
        kinds = BEFALLS if act is not session_is_closed else creates.BEFALLS
        found += [Fault(f"{name}; {what}", each(of), at(of, how), life=repeated.life) for what, of, how in kinds]
        found += [
            Fault(f"{name}, and nobody comes back; {what}", each(of), at(of, how), life=once.life)
            for what, of, how in kinds
            if how.startswith("crash") and of != "read"
        ]
        found.append(
            Fault(f"{name}; the same comes at once", operations, meanwhile(repeated.comes), life=repeated.life)
        )
        if act is not session_goes:
            found.append(
                Fault(
                    f"{name}; its session is deleted meanwhile",
                    operations,
                    meanwhile(quietly(session_goes)),
                    life=Goes(act, left_, repeated=False, beside=True).life,
                )
            )
    return found
