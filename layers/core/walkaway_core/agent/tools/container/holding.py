"""Carries a tool's command out in the session's container: alone, in the order of the calls, and kept as one."""

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent.tools.container import outputs
from walkaway_core.agent.tools.tool import Result, ToolContext, ToolError
from walkaway_core.log.log import Superseded
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.containers import Container
from walkaway_core.ports.items import Item, Key, Refused, Unknown, ms
from walkaway_core.ports.sandbox import Command, Finished, SandboxRefused
from walkaway_core.store import containers
from walkaway_core.store.containers import Holder, State

LOOK = 0.2
"""Seconds between two looks at a container in which somebody else works."""
BEGINS = 2.0
"""Seconds for which a call waits for the beginning of one before it: they are begun at once, if there is room."""
GRACE = 5.0
"""Seconds within which whoever worked for a turn that is over lets go of the container."""
LEFT = 5.0
"""Seconds of a call's time that a command leaves for what comes of it."""
LONGEST = 14 * 60
"""Seconds: what a command may have."""
WHOLE = LONGEST + 50.0
"""Seconds that a call may take with all its waiting."""


@dataclass(frozen=True, slots=True)
class Work:
    """A command in the container: what it reads on its standard input, its time in seconds, whether it may change."""

    script: str
    stdin: bytes
    seconds: float
    keeps: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it; what is to be kept is, with the result."""

    exit_code: int | None
    killed: str
    notes: tuple[str, ...]
    kept: Result | None

    def result(self, content: str | list[dict[str, Any]], *, is_error: bool) -> Result:
        """Make the call's result, which takes with it what the command has changed."""
        if self.kept is None:
            return Result(content, is_error)
        return replace(self.kept, content=content, is_error=is_error)


def carry_out(context: ToolContext, work: Work, heard: Callable[[bytes], None], lease: float) -> Done:
    """Run a command when nobody else works in the container; `lease`: seconds for which the call is this worker's.

    `heard` is given what it writes. Raises ToolError, Superseded, and what the storage raises.
    """
    services, key = context.services, context.session.key
    state = _taken(context, Holder(context.nonce, *_call(context), lease, work.keeps))
    kept = False
    try:
        if state.spare:
            services.sandbox.discard(state.root, state.generation)
        done = _run(context, work, state, heard)
        kept = done.kept is not None
    finally:
        if not kept:
            containers.release(services, key, context.nonce, spare=work.keeps or state.spare)
    return done


def _run(context: ToolContext, work: Work, state: State, heard: Callable[[bytes], None]) -> Done:
    """Run it, and read what it gives out."""
    services, key = context.services, context.session.key
    seconds = min(work.seconds, context.allotted.until - time.monotonic() - LEFT)
    network = context.session.options.network and services.settings.sandbox_network
    container = Container(state.root, state.generation, state.mounts, work.keeps)
    command = Command(work.script, "", (), (), max(1.0, seconds), network, key.session, container, work.stdin)

    def hear(data: bytes) -> None:
        heard(data)
        context.allotted.check()

    try:
        with services.sandbox.run(command, hear) as finished:
            return _done(context, state, finished)
    except SandboxRefused as refusal:
        raise ToolError(str(refusal)) from None


def _done(context: ToolContext, state: State, finished: Finished) -> Done:
    if not finished.generation:
        return Done(finished.exit_code, finished.killed, finished.lost, None)
    came = outputs.came(context, state, finished.outputs)
    kept = Result(
        "",
        along=lambda tx: came.keep(tx, finished.generation),
        afterwards=lambda: tidy(context, finished.generation),
    )
    return Done(finished.exit_code, finished.killed, (*finished.lost, *outputs.told(came.left)), kept)


def tidy(context: ToolContext, generation: str) -> None:
    """Discard what was there before this generation; where somebody works in the container already, they do it."""
    services, key = context.services, context.session.key
    nonce = services.ids.new("tidy_")
    with contextlib.suppress(Unknown):
        state = containers.take(services, key, Holder(nonce, keeps=False))
        if state is None:
            return
        spare = True
        try:
            if state.spare and state.generation == generation:
                services.sandbox.discard(state.root, state.generation)
                spare = False
        finally:
            containers.release(services, key, nonce, spare=spare)


def _taken(context: ToolContext, holder: Holder) -> State:
    """Wait for the calls before this one, then for the container. Raises what ends the call."""
    services = context.services
    _wait_for(context, context.earlier)
    over, since = "", 0.0
    while True:
        lost = over if over and services.clock.monotonic() >= since + GRACE else ""
        try:
            state = containers.take(services, context.session.key, holder, context.fence, lost)
        except Refused:
            raise Superseded from None
        if state is not None:
            return state
        now = containers.is_over(services, context.session.key)
        if now != over:
            over, since = now, services.clock.monotonic()
        _pause(context)


def _wait_for(context: ToolContext, earlier: Iterable[Key]) -> None:
    """Wait until calls are done that have begun; and for a moment for those that have not."""
    clock, waiting = context.services.clock, list(earlier)
    until = clock.monotonic() + BEGINS
    while waiting:
        journals = zip(waiting, context.services.table.get(*waiting), strict=True)
        waiting = [key for key, item in journals if (_works(item, clock) if item else clock.monotonic() < until)]
        if waiting:
            _pause(context)


def _works(journal: Item, clock: Clock) -> bool:
    """Whether somebody carries out a call who does not count as lost."""
    return journal.facts.get("state") != "done" and journal.number("until", 0) > ms(clock.now())


def _pause(context: ToolContext) -> None:
    context.allotted.check()
    context.services.clock.sleep(LOOK)


def _call(context: ToolContext) -> tuple[str, str]:
    """Name the journal and the turn of the call, as its fence does."""
    keys = [check.sk for check in context.fence]
    calls = [key for key in keys if key.startswith("ENTRY#")]
    turns = [key.removeprefix("TURN#") for key in keys if key.startswith("TURN#")]
    return (calls[0], turns[0]) if calls and turns else ("", "")
