"""The Machine port: stores each move of an execution, calls its tasks in a pool, goes on after a crash."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Absent, Put, Write
from walkaway_core.ports.table import Table
from walkaway_core.store import keys
from walkaway_local.machine import asl
from walkaway_local.machine.driven import RUNNING, STOPPED, Driven
from walkaway_local.machine.execution import Execution, Moved
from walkaway_local.machine.frames import Call, Effect, Frame, Over, Sleep, Watch
from walkaway_local.machine.pools import Pools
from walkaway_local.machine.timers import Timers
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from concurrent.futures import Future

NONE: Mapping[str, int] = MappingProxyType({})

Invoke = Callable[[str, Any], Any]
"""Calls the function of this name with a payload."""
OnFailure = Callable[[Any, str, str], None]
"""Is told of an execution that failed: its input, the error, the cause. On AWS an EventBridge rule tells it."""

OnEnter = Callable[[str, str], None]
"""Is told of each state that is entered: the execution's name, the state's."""


class TokenGone(Exception):
    """No task waits for this token: it has been answered, has timed out, or never was."""


class LocalMachine:
    """Machine: carries out one state machine. `go_on` takes up what a crash left; at most one process may do so.

    Of each function `workers` calls run at once, or as many as `more` says; none waits for another function's.
    Of those in `shares` only so many run at once for one tenant, as their payload names it.
    """

    def __init__(
        self,
        definition: asl.State,
        invoke: Invoke,
        table: Table,
        clock: Clock,
        *,
        workers: int = 64,
        more: Mapping[str, int] = NONE,
        shares: Mapping[str, int] = NONE,
        on_failure: OnFailure = lambda *_: None,
        on_enter: OnEnter = lambda *_: None,
    ) -> None:
        asl.check(definition)
        self._on_failure = on_failure
        self._on_enter = on_enter
        self._definition = definition
        self._invoke = invoke
        self._table = table
        self._clock = clock
        self._pools = Pools(workers, more, shares)
        self._timers = Timers(clock)
        self._lock = threading.Lock()
        self._live: dict[str, Driven] = {}

    def claims(self, name: str, ticket: Mapping[str, Any]) -> tuple[Write, ...]:
        """Give the record of an execution that is still to begin; `start` and `go_on` take it up."""
        return (Put(Driven(self._execution(name, dict(ticket))).record([], self._clock.now()), (Absent(),)),)

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        """Start an execution, unless it is under way or over: from its record, if that has been claimed."""
        driven = Driven(self._execution(name, dict(ticket)))
        with driven.lock:
            if not self._enlist(driven):
                return
            try:
                effects = self._begun(driven)
            except BaseException:
                self._forget(name)
                raise
            self._carry_out(driven, effects or [])
            if driven.over or effects is None:
                self._forget(name)

    def attending(self) -> AbstractContextManager[None]:
        """Let tasks wait for a request that is carried out in this, unless it is the only one."""
        return self._pools.attending()

    def stop(self, name: str) -> None:
        """Start no further state of this execution."""
        driven = self._live.get(name)
        if driven:
            with driven.lock:
                if not driven.over:
                    driven.execution.root.bury()
                    self._follow(driven, [STOPPED])

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        """Give the state that waits with this task token its output."""
        try:
            self.succeed(token, dict(ticket))
        except TokenGone:
            return False
        return True

    def succeed(self, token: str, output: Any) -> None:
        """Give a task that waits for a token its output. Raises TokenGone."""
        self._answer(token, lambda execution, frame: execution.resumed(frame, output))

    def fail(self, token: str, error: str, cause: str = "") -> None:
        """Give a task that waits for a token an error. Raises TokenGone."""
        self._answer(token, lambda execution, frame: execution.refused(frame, error, cause))

    def heartbeat(self, token: str) -> None:
        """Let a task that waits for a token wait on. Raises TokenGone."""
        self._answer(token, lambda execution, frame: execution.beat(frame))

    def go_on(self) -> int:
        """Take up every execution that was running when the last process ended; give how many."""
        after, more, count = "", True, 0
        while more:
            page = self._table.query(keys.MACHINE, after=after)
            for item in page.items:
                try:
                    if item.facts["status"] == RUNNING:
                        self.start(item.sk, jsontext.loads(item.body)["input"])
                        count += 1
                except (KeyError, TypeError, ValueError) as error:  # the due item of its turn is to bring that back
                    why = f"{type(error).__name__}: {error}"
                    logging.getLogger(__name__).warning("%s cannot be read, and is left alone: %s", item.sk, why)
            more = page.more
            after = page.items[-1].sk if page.items else after
        return count

    def close(self) -> None:
        """Begin nothing any more; what is under way is left to `go_on`."""
        self._timers.close()
        self._pools.close()

    def _begun(self, driven: Driven) -> list[Effect] | None:
        """Begin an execution, or go on from what its record says; None when it is over."""
        name = driven.execution.name
        record = self._table.get((keys.MACHINE, name))[0]
        if record is None:
            effects = driven.execution.begin()
            self._table.write(Put(driven.record(effects, self._clock.now()), (Absent(),)))
            return effects
        if record.facts.get("status") != RUNNING:
            return None
        stored = jsontext.loads(record.body)
        driven.drive(self._execution(name, stored["input"]))
        return driven.execution.restore(stored["frame"])

    def _execution(self, name: str, ticket: Any) -> Execution:
        clock = self._clock
        entered = partial(self._on_enter, name)
        return Execution(self._definition, name, ticket, clock.now, lived=clock.lived, entered=entered)

    def _enlist(self, driven: Driven) -> bool:
        """Take it among those that are driven, unless one of its name is there: until its end can be read."""
        with self._lock:
            return self._live.setdefault(driven.execution.name, driven) is driven

    def _forget(self, name: str) -> None:
        with self._lock:
            self._live.pop(name, None)

    def _carry_out(self, driven: Driven, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Over):
                driven.over = True
                if effect.error and effect is not STOPPED:
                    self._pools.of("").submit(self._on_failure, driven.ticket, effect.error, effect.cause)
            elif isinstance(effect, Sleep | Watch):
                self._time(driven, effect)
            else:
                self._hand(self._call, driven, effect)

    def _time(self, driven: Driven, effect: Sleep | Watch) -> None:
        if not effect.frame.current(effect.visit):
            return  # a later effect of the same move has ended it: nobody would cancel its timer
        work: Callable[..., None] = self._wake if isinstance(effect, Sleep) else self._look
        timer = self._timers.at(effect.until, lambda: self._hand(work, driven, effect))
        effect.frame.untime = timer.cancel

    def _hand(self, work: Callable[..., None], driven: Driven, effect: Effect) -> None:
        function = effect.function if isinstance(effect, Call) else ""
        payload = effect.payload if isinstance(effect, Call) and isinstance(effect.payload, Mapping) else {}
        self._pools.begin(function, work, driven, effect, tenant=str(payload.get("tenant", "")))

    def _call(self, driven: Driven, call: Call) -> None:
        try:
            result = self._invoke(call.function, call.payload)
        except Exception as error:  # noqa: BLE001 - the machine's Retry and Catch decide what it means
            name = type(error).__name__
            logging.getLogger(__name__).warning("%s of %s: %s", call.function, driven.execution.name, error)
            cause = jsontext.dumps({"errorMessage": str(error), "errorType": name})
            self._move(driven, lambda: driven.execution.failed(call.frame, call.visit, name, cause))
        else:
            answer = {"Payload": jsontext.loads(jsontext.dumps(result))}  # as it would come out of a Lambda
            self._move(driven, lambda: driven.execution.succeeded(call.frame, call.visit, answer))

    def _look(self, driven: Driven, watch: Watch) -> None:
        self._move(driven, lambda: driven.execution.looked(watch.frame, watch.visit))

    def _wake(self, driven: Driven, sleep: Sleep) -> None:
        self._move(driven, lambda: driven.execution.woken(sleep.frame, sleep.visit))

    def _move(self, driven: Driven, move: Callable[[], Moved]) -> None:
        with driven.lock:
            effects = move()
            if effects is not None:
                self._follow(driven, effects)

    def _follow(self, driven: Driven, effects: list[Effect]) -> None:
        """Store where the execution is, in front of whatever follows from it; a crash repeats what was not durable."""
        self._leave(driven, effects, self._table.write_behind(Put(driven.record(effects, self._clock.now()))))

    def _leave(self, driven: Driven, effects: list[Effect], stored: "Future[None]") -> None:
        self._carry_out(driven, effects)
        if driven.over:  # its name stays taken until reads see that it is over
            name = driven.execution.name
            stored.add_done_callback(lambda _: self._forget(name))

    def _answer(self, token: str, move: Callable[[Execution, Frame], list[Effect]]) -> None:
        driven = self._live.get(token.rpartition(":")[0])
        if driven is None:
            raise TokenGone
        with driven.lock:
            frame = driven.execution.root.waiting(token)
            if frame is None:
                raise TokenGone
            effects = move(driven.execution, frame)
            stored = self._table.submit(Put(driven.record(effects, self._clock.now())))
            stored.result()  # whoever answered forgets the token then
            self._leave(driven, effects, stored)
