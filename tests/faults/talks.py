"""A conversation is made, added to, spoken in and deleted, and something goes wrong: nothing is lost, nothing stays."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.violations import Found
from tests.faults.world import World
from walkaway_core.dialects.responses import answers, conversation_items, conversations, conversing, ids
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.wire import ResponseCreate
from walkaway_core.engine import executions
from walkaway_core.engine.starting import LIFE
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import TurnKey

HELLO = {
    "type": "message",
    "role": "user",
    "status": "completed",
    "content": [{"type": "input_text", "text": "Hello"}],
}
DAY = 86_400
TOOLS = [{"type": "mcp", "server_label": "walkaway", "require_approval": "never"}]


def adds(world: World) -> None:
    """Add something to each conversation that there is, unless a response runs in it."""
    for id_ in world.talks:  # type: ignore[attr-defined]
        try:
            conversations.add(world.services, "t", id_, [HELLO])
        except Exception as error:  # noqa: BLE001 - refused, or gone: only what it leaves counts
            world.refused.append(error)  # type: ignore[attr-defined]


def _said(world: World, id_: str) -> TurnKey:
    asked = ResponseCreate(model="test-model", input="go", conversation=id_, tools=TOOLS, background=True)
    once = Once.of(world.session, "talk", {"talk": id_})
    return conversing.begin(world.services, "t", asked, once)[0].key


def _deleted(world: World, id_: str) -> None:
    try:
        conversations.delete(world.services, "t", id_)
    except Refusal:
        return  # by the attempt before, of which nobody knew


def _others_go(world: World) -> None:
    """Delete what somebody has made who died before anybody knew of it: it would stay."""
    with world.place.untroubled():
        for session in list(sessions.scan(world.services, "t")):
            _deleted(world, ids.conversation(session.key.session))


def _run(world: World) -> TurnKey:
    world.talks, world.refused = [], []  # type: ignore[attr-defined]
    id_ = world.survive(lambda: conversations.create(world.services, "t", [HELLO], {"a": "b"}).id)
    world.talks.append(id_)  # type: ignore[attr-defined]
    world.survive(lambda: conversations.add(world.services, "t", id_, [HELLO]))
    turn = world.survive(lambda: _said(world, id_))
    world.finish()
    with world.place.untroubled():
        world.wrong += _sound(world, id_, turn)
    world.survive(lambda: _deleted(world, id_))
    deleted = world.clock.time
    _others_go(world)
    with world.place.untroubled():
        world.wrong += _stays(world, id_, turn)
    world.finish("nothing")
    if world.clock.time > deleted + LIFE + DAY:
        world.wrong.append("it has gone later than a response of no conversation would have")
    return turn


def _sound(world: World, id_: str, turn: TurnKey) -> list[str]:
    """What must hold when the response is over: it was told all that had been added, once for each time."""
    found, talk = Found(), conversations.find(world.services, "t", id_)
    now = executions.get(world.services, turn)
    found.must(now.status == "completed", f"the response is {now.status}: {now.error}")
    items = conversation_items.page(world.services, talk, after=None, limit=100, order="asc")["data"]
    words = [item["content"][0]["text"] for item in items if item.get("role") == "user"]
    found.must(words.count("go") == 1, f"the input stands in it {words.count('go')} times")
    found.must(words[:2] == ["Hello", "Hello"], f"it says {words}")
    response = answers.response(world.services, now)
    output = [item["id"] for item in response["output"]]
    found.must(output and [each["id"] for each in items if each["id"] in output] == output, "the output is not in it")
    found.must(talk.metadata == {"a": "b"}, f"its metadata are {talk.metadata}")
    return found


def _stays(world: World, id_: str, turn: TurnKey) -> list[str]:
    """What must hold when it was deleted: it is gone, and its response is there."""
    found = Found()
    found.must(executions.get(world.services, turn).status == "completed", "its response is gone")
    try:
        conversations.find(world.services, "t", id_)
    except Refusal:
        return found
    return [*found, "it was deleted, and is there"]


def _check(world: World, turn: TurnKey, *_: object) -> list[str]:
    left = world.place.table.query(turn.owner.partition).items
    due = world.due()
    found = Found(world.wrong)
    found.must(not left, f"{[item.sk for item in left]} stay when its time is over")
    found.must(not due, f"{due} are due for ever")
    return found


TALK = Life(_run, _check)


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall it. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    return [
        *(
            Fault(f"a conversation; {what}", each(of), hands["at"](of, fault), life=TALK)
            for what, of, fault in (
                ("a write has no effect, unseen", "write", "lost"),
                ("a write takes effect, unseen", "write", "after effect"),
                ("somebody dies before a write", "write", "crash before"),
                ("somebody dies after a write", "write", "crash after"),
            )
        ),
        Fault("a conversation; something is added at once", operations, hands["meanwhile"](adds), life=TALK),
    ]
