"""What can be wrong with tasks."""

from walkaway_core.errors import Invalid, NotFound


class TaskNotFound(NotFound):
    """There is no such task."""

    code = "task.not_found"


class NoToolResponses(Invalid):
    """There is no answer in the request."""
