"""What there is, where somebody has named an agent or a model that is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from walkaway import errors
from walkaway.commands import asking, cleaning

if TYPE_CHECKING:
    from walkaway.commands.app import App

MOST = 20


@contextmanager
def named(app: "App", agent: str | None, model: str | None) -> Iterator[None]:
    """Have what is refused in a block for its agent's or its model's name say which names there are."""
    try:
        yield
    except errors.NotFound as error:
        if not agent or error.code != "agent.not_found":
            raise
        there = [cleaning.line(str(each["name"])) for each in asking.every(app, "agents", limit=MOST)]
        others = f"There are: {', '.join(there)}" if there else "There are none yet"
        said = f"There is no agent {agent!r}. {others}"
        raise errors.NotFound(error.status, error.code, said, request_id=error.request_id) from None
    except errors.BadRequest as error:
        if not isinstance(model, str) or f"The model {model[:100]!r}" not in error.message:
            raise
        there = [each.id for each in app.client.me().models]
        said = f"{error.message}. There are: {', '.join(there)}"
        raise errors.BadRequest(error.status, error.code, said, request_id=error.request_id) from None
