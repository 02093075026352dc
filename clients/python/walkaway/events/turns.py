"""Events of how a turn goes: it begins, waits, takes its steps, ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from walkaway.events.event import Event, Says, Step
from walkaway_wire import events as wire


class MessageCreated(Event):
    """The first event of each turn; `id` is the turn's."""

    __slots__ = ()
    type = wire.MESSAGE_CREATED
    id = Says("")
    session_id = Says("")
    status = Says("")


class TurnStarted(Event):
    """Of a session's events alone: this turn begins, and its own events follow."""

    __slots__ = ()
    type = wire.TURN_STARTED
    response_id = Says("")


class TurnQueued(Event):
    """The message waits, as number `place` in the queue behind the turn `behind`."""

    __slots__ = ()
    type = wire.TURN_QUEUED
    place = Says(0)
    behind = Says("")


class TurnSteered(Step):
    """The user said this while the turn ran; the model gets to see it at that step."""

    __slots__ = ()
    type = wire.TURN_STEERED
    message = Says("")


class MetadataUpdated(Event):
    """These keys of the session's metadata were set, or removed where they are None."""

    __slots__ = ()
    type = wire.METADATA_UPDATED
    changes = Says[Mapping[str, Any]]({})


class SessionUpdated(Event):
    """A session of a dialect that has such an event was changed: each field in `changes` as it is now."""

    __slots__ = ()
    type = wire.SESSION_UPDATED
    changes = Says[Mapping[str, Any]]({})


class SessionInterrupted(Event):
    """Of a session's events alone: somebody wanted to interrupt it, while no turn ran."""

    __slots__ = ()
    type = wire.SESSION_INTERRUPTED


class SessionArchived(Event):
    """Of a session's events alone: no turn begins in it any more, and nothing follows."""

    __slots__ = ()
    type = wire.SESSION_ARCHIVED


class StepStarted(Step):
    """A model call begins; `attempt` 2 and up withdraw what the earlier attempt of this step wrote."""

    __slots__ = ()
    type = wire.STEP_STARTED
    attempt = Says(1)


class TurnCompacted(Step):
    """The conversation neared the model's window, and goes on from this summary."""

    __slots__ = ()
    type = wire.TURN_COMPACTED
    summary = Says("")


class StepRetrying(Step):
    """The attempt failed; the next one begins after `wait` seconds."""

    __slots__ = ()
    type = wire.STEP_RETRYING
    attempt = Says(1)
    error = Says("")
    wait = Says(0.0)


class StepAdjusted(Step):
    """The model is not sent some things, which it does not take."""

    __slots__ = ()
    type = wire.STEP_ADJUSTED
    left_out = Says[Any](None)
    reason = Says("")


class StepCompleted(Step):
    """The model call is complete and part of the conversation."""

    __slots__ = ()
    type = wire.STEP_COMPLETED
    stop_reason = Says("")
    usage = Says[Mapping[str, int]]({})


class MessageCompleted(Event):
    """The last event: the turn is done."""

    __slots__ = ()
    type = wire.MESSAGE_COMPLETED
    id = Says("")
    status = Says("")
    usage = Says[Mapping[str, int]]({})
    files = Says[Sequence[Mapping[str, Any]]](())


class MessageCancelled(Event):
    """The last event: the turn was cancelled."""

    __slots__ = ()
    type = wire.MESSAGE_CANCELLED
    id = Says("")
    status = Says("")


class MessageError(Event):
    """The last event: the turn failed."""

    __slots__ = ()
    type = wire.MESSAGE_ERROR
    id = Says("")
    error = Says("")
    code = Says("")


class EventUnreadable(Event):
    """What is stored of this event cannot be read; the ones around it keep their numbers."""

    __slots__ = ()
    type = wire.UNREADABLE
    unreadable = Says[Any](None)
