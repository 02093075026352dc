"""A turn works in a container, and something goes wrong: what its results say is there, once, and nothing else is."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from tests.faults.acts import successor_goes_to_the_end, user_cancels
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import SHELLS
from tests.faults.violations import Found
from tests.faults.world import World
from walkaway_core.engine import deleting
from walkaway_core.errors import SessionNotFound
from walkaway_core.log import transcript
from walkaway_core.ports.containers import PLACES, OutputFile
from walkaway_core.ports.sandbox import Command, Finished
from walkaway_core.store import containers, identified, kept
from walkaway_core.store.keys import TurnKey

FILE = "a"
"""The one file that commands write, below the outputs."""


class Trees:
    """Sandbox: a command is a word, which it adds to the container's file. Its steps are operations on files."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.generations: dict[str, dict[str, list[str]]] = {}

    def problem(self) -> None:
        return None

    def places(self) -> Mapping[str, str]:
        return {place: place for place in PLACES}

    def discard(self, root: str, keep: str) -> None:
        def gone() -> None:
            there = self.generations.get(root, {})
            self.generations[root] = {name: words for name, words in there.items() if keep and name == keep}

        self._world.table.read("file", gone)

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        assert command.container
        before, found = command.container.generation, self.generations.setdefault(command.container.root, {})
        if before and before not in found:
            self._world.wrong.append(f"the generation {before} is gone")
        words = self._world.table.read("file", lambda: list(found.get(before, [])))
        heard(b"" if command.container.keeps else b'{"text":"read"}')
        if not command.container.keeps:
            yield Finished(0)
            return
        name, words = f"g{len(self._world.table.counts)}-{self._world.services.ids.new('')}", [*words, _word(command)]
        self._world.table.read("file", lambda: found.__setitem__(name, words))
        data = " ".join(words).encode()
        output = OutputFile(FILE, len(data), hashlib.sha256(data).hexdigest(), lambda: [data])
        yield Finished(0, generation=name, outputs=(output,))


def _word(command: Command) -> str:
    return command.stdin.decode()


def _run(world: World) -> TurnKey:
    world.trees = Trees(world)  # type: ignore[attr-defined]
    world.services = replace(world.services, sandbox=world.trees)  # type: ignore[attr-defined]
    world.session = world.survive(lambda: world.create(toolset="container"))
    turn = world.survive(lambda: world.say(SHELLS).turn.key)
    world.finish()
    with world.place.untroubled():
        world.wrong += _sound(world, turn)
    world.survive(lambda: _deleted(world))
    world.finish("nothing")
    return turn


def _while_it_is_there(act: Callable[[World], object]) -> Callable[[World], None]:
    def acted(world: World) -> None:
        with suppress(SessionNotFound):
            act(world)

    return acted


def _deleted(world: World) -> None:
    try:
        deleting.delete(world.services, world.session)
    except SessionNotFound:
        return  # by the attempt before, of which nobody knew


def _sound(world: World, turn: TurnKey) -> list[str]:
    """What must hold when the turn is over: what a result says was done, and nothing else, is in container and file."""
    found, trees = Found(), world.trees  # type: ignore[attr-defined]
    services = replace(world.services, table=world.place.table, workspace=world.place.workspace)
    state = containers.open_(services, turn.owner)
    said = transcript.entries(services, turn.owner)
    calls = {call["id"]: call for entry in said if entry.step and entry.call is None for call in _calls(entry.body)}
    results = [entry.body for entry in said if entry.call is not None and "tool_use_id" in entry.body]
    done = [calls[each["tool_use_id"]]["input"].get("command") for each in results if not each["is_error"]]
    there = trees.generations.get(state.root, {})
    words = there.get(state.generation, [])
    found.must(
        state.spare or {*there} <= {state.generation}, f"of {list(there)} nobody needs some, and nobody knows it"
    )
    found.must(sorted(words) == sorted(filter(None, done)), f"results say {done}, the container has {words}")
    files, _ = identified.listing(services, "t", limit=100, newest_first=False, scope=turn.session)
    given = [b"".join(identified.read(services, file)).decode() for file in files]
    found.must(given == ([" ".join(words)] if words else []), f"the container has {words}, and has given out {given}")
    found.must(not state.holder or containers.is_over(services, turn.owner), f"{state.holder} still has it")
    return found


def _calls(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return transcript.calls(body["content"]) if body.get("role") == "assistant" else ()


def _check(world: World, turn: TurnKey, *_: object) -> list[str]:
    found, trees = Found(world.wrong), world.trees  # type: ignore[attr-defined]
    left = world.place.table.query(turn.owner.partition).items
    found.must(not left, f"{[item.sk for item in left]} stay when its time is over")
    found.must(not any(trees.generations.values()), f"{trees.generations} stay when the session is gone")
    files = {entry.name for entry in world.place.workspace.listing(kept.root("t"), "") or ()}
    records = {item.sk for item in world.place.table.query(kept.place("t", "")[0]).items}
    found.must(files == records, f"the files {files} are there, and the records {records}")
    found.must(not world.due(), f"{world.due()} are due for ever")
    return found


WORKS = Life(_run, _check)


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall it. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    return [
        *(
            Fault(f"a container; {what}", each(of), hands["at"](of, fault), life=WORKS)
            for what, of, fault in (
                ("a write has no effect, unseen", "write", "lost"),
                ("a write takes effect, unseen", "write", "after effect"),
                ("somebody dies before a write", "write", "crash before"),
                ("somebody dies after a write", "write", "crash after"),
                ("somebody dies before it touches a file", "file", "crash before"),
                ("somebody dies after it touched a file", "file", "crash after"),
            )
        ),
        *(
            Fault(f"a container; {what}", operations, hands["meanwhile"](_while_it_is_there(act)), life=WORKS)
            for what, act in (
                ("a worker sleeps; successors end it", successor_goes_to_the_end),
                ("the user cancels", user_cancels),
            )
        ),
    ]
