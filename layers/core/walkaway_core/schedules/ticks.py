"""What a look at a schedule finds: which of its times have come, which were missed, and what is to become of each."""

import itertools
import math
from dataclasses import dataclass

from walkaway_core.schedules.plan import Plan

PUNCTUAL = 90
"""Seconds within which a sweep must have begun; else a time was missed."""
CAUGHT_UP = 100
"""How many missed times fire at the most."""
AT_ONCE = 30
"""How many firings one transaction makes."""
LOOKS_BACK = (3600, 86_400, 32 * 86_400, 367 * 86_400)
"""Seconds within which the newest are looked for, one after the other."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A time that has come: it fires by itself (`tick`) or late (`catch_up`), or, with `count` in all, was missed."""

    at: int
    trigger: str
    missed: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Policy:
    """How a schedule keeps its times: `name` and `jitter` as `Plan.late` wants them, the rest as in the wire."""

    name: str
    jitter: int
    catch_up: str
    window: int


def come(plan: Plan, policy: Policy, passed: int, now: float, since: float) -> list[Tick]:
    """Say which times behind `passed` have come by `now`, in their order; at most AT_ONCE, more at the next look.

    `since`: when the series of sweeps began that have come without a gap. What was due more than PUNCTUAL before that
    is missed: nobody was there.
    """
    early = since - PUNCTUAL
    count, newest = plan.passed(passed, math.ceil(early) - 1)
    if newest is not None and newest + plan.late(policy.name, newest, policy.jitter) >= early:
        count, newest = plan.passed(passed, newest - 1)
    found: list[Tick] = []
    if newest is not None:
        late = _late(plan, policy, max(passed, math.ceil(now - policy.window) - 1), newest)
        if given_up := count - len(late):
            _, last = plan.passed(passed, late[0] - 1) if late else (count, newest)
            found = [Tick(newest if last is None else last, "tick", missed=True, count=given_up)]
        found += [Tick(at, "catch_up") for at in late]
    ticks = itertools.takewhile(
        lambda tick: tick + plan.late(policy.name, tick, policy.jitter) <= now,
        plan.after(passed if newest is None else newest),
    )
    found += [Tick(tick, "tick") for tick in itertools.islice(ticks, AT_ONCE)]
    return found[:AT_ONCE]


def _late(plan: Plan, policy: Policy, oldest: int, newest: int) -> list[int]:
    """Say which missed ones fire after all: of those behind `oldest` and up to `newest`."""
    if policy.catch_up == "all":
        return _last(plan, oldest, newest)
    return [newest] if policy.catch_up == "latest" and newest > oldest else []


def _last(plan: Plan, after: int, upto: int) -> list[int]:
    """Give the last CAUGHT_UP times behind `after` and up to `upto`."""
    found: list[int] = []
    for back in (*LOOKS_BACK, upto - after):
        begin = max(after, upto - back)
        found = list(itertools.takewhile(lambda tick: tick <= upto, plan.after(begin)))
        if len(found) >= CAUGHT_UP or begin == after:
            break
    return found[-CAUGHT_UP:]
