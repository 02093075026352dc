"""Webhooks are told, and something goes wrong: two receivers, one of which never takes anything."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults.acts import tell_again
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.violations import Found
from tests.faults.world import World
from tests.kit.receivers import Answer, Got, receiving
from walkaway_core.doors.sweep import sweep
from walkaway_core.notify import deliveries, endpoints
from walkaway_core.notify.attempts import WAITS
from walkaway_core.store import keys
from walkaway_core.store.notice import Notice

EVENTS = ("turn.started", "turn.completed")
MOST = 200


class Telling:
    """The life: the queue brings events, until no attempt is left. `most`: how often the live one may get one."""

    def __init__(self, most: int = 2) -> None:
        self.most = most
        self.got: list[Got] = []
        self.made: dict[str, str] = {}

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self.run, self.check)

    def run(self, world: World) -> None:
        """Tell, and let everything happen that comes of it; the waits between attempts are drawn alike each time."""
        random.seed(1)
        with receiving() as receiver:
            receiver.answer = lambda got: Answer(500 if got.path == "/dead" else 200)
            self.got = receiver.got
            for name in ("live", "dead"):
                self.made[name] = world.survive(lambda url=f"{receiver.url}/{name}": _made(world, url))  # type: ignore[misc]
            self._tell(world)

    def _tell(self, world: World) -> None:
        queue = world.queue
        for number, kind in enumerate(EVENTS, 1):
            notice = Notice(f"evt_{number:024}", kind, "t", world.session.session, "msg_1", number, world.clock.now())
            queue.send({"detail-type": kind, "detail": notice.detail})
        for _ in range(MOST):
            while queue.move():
                pass
            coming = [at for at, kind in world._due() if kind == "delivery"] + [at for at, _ in queue.waiting]
            if not coming:
                return
            world.clock.time = max(world.clock.time + 1, min(coming) + 1)
            world.survive(lambda: sweep(world.services))
        raise AssertionError(f"it never came to an end: {world.due()}")

    def check(self, world: World, *_: object) -> list[str]:
        """What must hold when no attempt is left."""
        found = Found()
        ids = {f"evt_{number:024}" for number in range(1, len(EVENTS) + 1)}
        live = Counter(got.id for got in self.got if got.path == "/live")
        found.must(set(live) == ids, f"the live one got {live}")
        dead = Counter(got.id for got in self.got if got.path == "/dead")
        found.must(set(dead) == ids, f"the dead one was asked {dead}")
        found.must(all(len(WAITS) <= n <= len(WAITS) + 1 for n in dead.values()), f"the dead one was asked {dead}")
        found.must(all(n <= self.most for n in live.values()), f"the live one got {live}")
        found.must("delivery" not in world.due(), f"due items are left: {world.due()}")
        for name, state in (("live", "succeeded"), ("dead", "failed")):
            pk = keys.delivery("t", self.made[name], "")[0]
            items = world.place.table.query(pk).items
            found.must(len(items) == len(EVENTS), f"{name} has {len(items)} deliveries")
            states = {deliveries.unpack("t", self.made[name], item).state for item in items}
            found.must(states == {state}, f"{name}: {states}")
        return found


def _made(world: World, url: str) -> str:
    """Register an endpoint, unless whoever died had done so."""
    there = [found.id for found in endpoints.all_of(world.services, "t") if found.url == url]
    if there:
        return there[0]
    return endpoints.create(world.services, "t", url, events=("*",), format_="native", description="").id


def twice(world: World, _: int) -> Callable[[], bool]:
    """Let each message come twice."""
    world.queue.twice = True
    return lambda: False


def forgetful(world: World, _: int) -> Callable[[], bool]:
    """Let the queue lose every other attempt: the due index brings it back."""
    world.queue.forgets = True
    return lambda: False


def faults(each: Callable[[str], Callable[[Counter[str]], Sequence[int]]], at: Callable[..., Arm]) -> list[Fault]:
    """What may befall deliveries."""
    life, exactly = Telling().life, Telling(most=1).life
    once: Callable[[Counter[str]], Sequence[int]] = lambda _: [0]  # noqa: E731
    return [
        Fault("webhooks; a write has no effect, unseen", each("write"), at("write", "lost"), life=life),
        Fault("webhooks; a write takes effect, unseen", each("write"), at("write", "after effect"), life=life),
        Fault("webhooks; somebody dies before a write", each("write"), at("write", "crash before"), life=life),
        Fault("webhooks; somebody dies after a write", each("write"), at("write", "crash after"), life=life),
        Fault("webhooks; somebody dies at a read", each("read"), at("read", "crash before"), life=life),
        Fault("webhooks; all messages come twice", once, twice, life=exactly),
        Fault("webhooks; the queue forgets attempts", once, forgetful, life=exactly),
        Fault("webhooks; a message comes twice at once", each("write"), tell_again, life=exactly),
    ]
