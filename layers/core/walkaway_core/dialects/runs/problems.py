"""What can be wrong with runs."""

from walkaway_core.errors import NotFound, WalkawayError


class RunNotFound(NotFound):
    """There is no such run; GET /api/v1/runs lists them."""

    code = "run.not_found"


class BadState(WalkawayError):
    """There is no such state."""

    code = "run.status"


class RunBusy(WalkawayError):
    """The run is in a state in which this cannot be done."""

    code = "run.state"
