"""Something is made under an Idempotency-Key, and something goes wrong: it is made once, and whole."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults import managed
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.violations import Found
from tests.faults.world import MINUTE, TROUBLE, World
from walkaway_core.agent import agents
from walkaway_core.dialects.managed import environments, keys, session_record
from walkaway_core.dialects.managed.environment_wire import EnvironmentCreate
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import creating
from walkaway_core.errors import IdempotencyMismatch, WalkawayError
from walkaway_core.notify import endpoints
from walkaway_core.store import idempotency, sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, SessionKey, agent, agent_name, agent_version, due_shard, webhook
from walkaway_wire.tools import TOOL, FunctionTool

ADDRESS = "http://127.0.0.1:9/"
TOOLS = (FunctionTool.model_validate(TOOL),)
BEFALLS = (
    ("a write has no effect, unseen", "write", "lost"),
    ("a write takes effect, unseen", "write", "after effect"),
    ("its server dies before a write", "write", "crash before"),
    ("its server dies after a write", "write", "crash after"),
    ("its server dies at a read", "read", "crash before"),
)
"""What may befall a request, at which of its operations."""


class Kind:
    """Makes one kind of thing, as its route does. `whole`: what must hold of one by its id.

    `ready` is done before, undisturbed; `over`: what must hold in the end.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[World, Once | None], str],
        find: Callable[[World, str], object],
        first: tuple[str, str],
        whole: Callable[[World, str, Found], object] = lambda *_: None,
        *,
        ready: Callable[[World], object] = lambda _: None,
        over: Callable[[World, Found], object] = lambda *_: None,
    ) -> None:
        self.name = name
        self._make = make
        self._find = find
        self._first = first
        self.whole = whole
        self.ready = ready
        self.over = over

    def request(self, world: World, *, keyed: bool = True, about: str = "") -> str:
        """Ask for one, once; give its id."""
        once = Once.making("t", self.name, "key", {"about": about}) if keyed else None

        def find(id_: str) -> str:
            self._find(world, id_)
            return id_

        return idempotency.make(world.services, once, lambda: self._make(world, once), find)[0]

    def there(self, world: World) -> list[str]:
        """The ids of all that there are, but for the world's own session."""
        pk, first = self._first
        items = world.place.table.query(pk, after=first, upto=first + END).items
        return [id_ for item in items if (id_ := item.sk.removeprefix(first)) != world.session.session]


def _session(world: World, once: Once | None) -> str:
    return creating.create(world.services, "t", sessions.options({"persistent": True}), {}, once=once).key.session


def _agent(world: World, once: Once | None) -> str:
    return agents.create(world.services, "t", "writer", values={}, tools=TOOLS, once=once).id


def _nameless(world: World, once: Once | None) -> str:
    return agents.create(world.services, "t", "writer", values={}, tools=TOOLS, beside={"managed": {}}, once=once).id


def _webhook(world: World, once: Once | None) -> str:
    asked = {"events": ("*",), "format_": "native", "description": ""}
    return endpoints.create(world.services, "t", ADDRESS, once=once, **asked).id  # type: ignore[arg-type]


def _ends(world: World, id_: str, found: Found) -> None:
    """A session has somebody who ends it."""
    item = world.place.table.get(SessionKey("t", id_).item)[0]
    watched = item and world.place.table.get((due_shard(id_), item.text("due")))[0]
    found.must(watched, f"nobody ends {id_}")


def _unnamed(world: World, id_: str, found: Found) -> None:
    """An agent has its first version and its tools, and no name that is its own."""
    named, version = world.place.table.get(agent_name("t", "writer"), agent_version("t", id_, 1))
    found.must(named is None, f"{named} has its name")
    found.must(version, f"{id_} has no version")
    found.must(len(agents.get(world.services, "t", id_).settings.tools) == len(TOOLS), f"{id_} has other tools")


def _named(world: World, id_: str, found: Found) -> None:
    """An agent has its name, its first version and its tools."""
    named, version = world.place.table.get(agent_name("t", "writer"), agent_version("t", id_, 1))
    found.must(named and named.facts["agent"] == id_, f"the name is {named}")
    found.must(version, f"{id_} has no version")
    made = agents.get(world.services, "t", id_)
    found.must(len(made.settings.tools) == len(TOOLS), f"{id_} has the tools {made.settings.tools}")


KINDS = (
    Kind(
        "a session",
        _session,
        lambda w, id_: sessions.get(w.services, SessionKey("t", id_)),
        SessionKey("t", "").item,
        _ends,
    ),
    Kind("an agent", _agent, lambda w, id_: agents.get(w.services, "t", id_), agent("t", ""), _named),
    Kind(
        "a session of Managed Agents",
        managed.make,
        lambda w, id_: session_record.get(w.services, SessionKey("t", id_)),
        (keys.listed("t"), ""),
        managed.whole,
    ),
    Kind(
        "an agent of Managed Agents",
        _nameless,
        lambda w, id_: agents.get(w.services, "t", id_),
        agent("t", ""),
        _unnamed,
    ),
    Kind(
        "an environment",
        lambda w, once: environments.create(w.services, "t", EnvironmentCreate(name="e"), once).id,
        lambda w, id_: environments.get(w.services, "t", id_),
        keys.environment("t", ""),
    ),
    Kind("a webhook", _webhook, lambda w, id_: endpoints.get(w.services, "t", id_), webhook("t", "")),
)


class Made:
    """A life in which something is asked for: until there is an answer if `repeated`, else once."""

    def __init__(self, kind: Kind, *, repeated: bool) -> None:
        self._kind = kind
        self._repeated = repeated
        self._told: list[str] = []

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self._check)

    def comes(self, world: World) -> None:
        """Send the same request once more, to somebody else."""
        self._told.append(self._kind.request(world))

    def _run(self, world: World) -> None:
        self._told = []
        self._kind.ready(world)
        if self._repeated:
            self._told.append(world.survive(lambda: self._kind.request(world)))
        else:
            asks_once(world, lambda: self._told.append(self._kind.request(world)))
        world.clock.time += MINUTE
        world.survive(lambda: sweep(world.services))

    def _check(self, world: World, *_: Any) -> list[str]:
        found, there = Found(), self._kind.there(world)
        found.must(len(there) == 1 if self._told else len(there) <= 1, f"{len(there)} of them were made: {there}")
        found.must(set(self._told) <= set(there), f"told of {self._told}, and there are {there}")
        for id_ in there:
            self._kind.whole(world, id_, found)
        try:
            again = self._kind.request(world)
        except WalkawayError as error:
            return [*found, f"the same request was refused: {error}"]
        found.must(not there or there == [again], f"the same request made {again} besides {there}")
        found.must(self._kind.there(world) == [again], f"after another one there are {self._kind.there(world)}")
        try:
            self._kind.request(world, about="another thing")
            found.append("another request was taken for this one")
        except IdempotencyMismatch:
            pass
        self._kind.over(world, found)
        return found


def asks_once(world: World, request: Callable[[], object]) -> None:
    """Make a request, whose server may die or break off, and never again."""
    try:
        request()
    except TROUBLE:
        world.table.revive()


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    return [fault for kind in KINDS for fault in under_a_key(kind, each, operations, hands)]


def under_a_key(
    kind: Kind,
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
    befalls: Sequence[tuple[str, str, str]] = BEFALLS,
) -> list[Fault]:
    """What may befall one kind of thing. `befalls`: what it is called, at which operations, and what goes wrong."""
    repeated, left = Made(kind, repeated=True), Made(kind, repeated=False)
    name = f"{kind.name} under a key"
    return [
        *(
            Fault(f"{name}{how}; {what}", each(of), hands["at"](of, fault), life=made.life)
            for how, made in ((", repeated", repeated), (" that nobody repeats", left))
            for what, of, fault in befalls
        ),
        Fault(f"{name}; the same comes at once", operations, hands["meanwhile"](repeated.comes), life=repeated.life),
    ]
