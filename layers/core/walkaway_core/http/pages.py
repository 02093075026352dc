"""Lists: bare arrays, with what comes next in headers."""

import re
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from walkaway_core.errors import CursorInvalid

_CURSOR = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class PageQuery(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most")] = 1000
    after: Annotated[str, Query(description="go on behind this one: the header X-Next-Cursor of the last page")] = ""

    def cursor(self, prefix: str) -> str:
        """Check the cursor, which begins like the ids of the list. Raises CursorInvalid."""
        if self.after and not (self.after.startswith(prefix) and _CURSOR.fullmatch(self.after)):
            raise CursorInvalid(f"`after` must be the X-Next-Cursor of an earlier page, or an id like {prefix}…")
        return self.after

    def number(self, most: int) -> str:
        """Check the cursor of a list that is numbered. Raises CursorInvalid."""
        if self.after and not (self.after.isascii() and self.after.isdecimal() and 0 < int(self.after[:20]) <= most):
            raise CursorInvalid("`after` must be the X-Next-Cursor of an earlier page, or a number of the list")
        return self.after


def link(request: Request, response: Response, cursor: str) -> None:
    """Say how the list goes on: X-Next-Cursor, and a Link of RFC 8288."""
    if cursor:
        response.headers["X-Next-Cursor"] = cursor
        response.headers["Link"] = f'<{request.url.include_query_params(after=cursor)}>; rel="next"'
