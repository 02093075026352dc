"""Lists, page by page: bodies that clients of every age go on with, and cursors bound to what was asked (contract E.2).

A route declares its query as a model below `PageQuery`, whose fields have the names that clients send: arrays with
brackets and without (`either`), ranges as `created_at[gte]` (`Ranged`). `Cursors` writes and reads the places.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed import dates
from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_wire import jsontext

T = TypeVar("T")
PREFIX: Final = "page_"
MOST_LISTED: Final = 100
"""Values of one array in a query."""
Way = Literal["next", "prev"]


class PageQuery(BaseModel):
    """Which part of a list. A list with other bounds has a field `limit` of its own."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)

    limit: Annotated[int, Query(ge=1, le=100, description="how many at the most")] = 20
    page: Annotated[str | None, Query(description="`next_page` of an earlier answer")] = None
    beta: Annotated[str | None, Query(description="older clients send it; it means nothing")] = None


class Ranged(PageQuery):
    """A list of which those of a time can be asked for."""

    created_after: Annotated[str | None, Query(alias="created_at[gt]")] = None
    created_from: Annotated[str | None, Query(alias="created_at[gte]")] = None
    created_before: Annotated[str | None, Query(alias="created_at[lt]")] = None
    created_until: Annotated[str | None, Query(alias="created_at[lte]")] = None

    @property
    def range(self) -> "Range":
        """The time. Raises Refusal."""
        given = {name: value for name, value in self.model_dump(by_alias=True).items() if name.startswith("created_at")}
        return Range(**{name[11:-1]: dates.seconds(v, name) for name, v in given.items() if v})


@dataclass(frozen=True, slots=True)
class Range:
    """A time, in seconds since the epoch; None: without a bound."""

    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None

    def __contains__(self, at: float) -> bool:
        """Whether it has this time."""
        return (
            (self.gt is None or at > self.gt)
            and (self.gte is None or at >= self.gte)
            and (self.lt is None or at < self.lt)
            and (self.lte is None or at <= self.lte)
        )


class Page(BaseModel, Generic[T]):
    """A part of a list. `has_more`, `first_id` and `last_id` are for clients that go on by these."""

    data: list[T]
    next_page: Annotated[str | None, Field(description="goes on from here, as `page`; null: this is the end")]
    has_more: bool
    first_id: str | None
    last_id: str | None


def page(data: Sequence[Mapping[str, Any]], next_page: str | None, **more: Any) -> dict[str, Any]:
    """Give the body of a page; `more` are keys of its own, such as `prev_page`."""
    ends = (data[0].get("id"), data[-1].get("id")) if data else (None, None)
    body = {"data": [*data], "next_page": next_page, "has_more": next_page is not None}
    return body | {"first_id": ends[0], "last_id": ends[1]} | more


def either(bracketed: Sequence[str] | None, plain: Sequence[str] | None, field: str) -> tuple[str, ...]:
    """Put an array together that was sent as `field[]`, as `field`, or with commas, each value once. Raises Refusal."""
    values = [*(bracketed or ()), *(part for text in plain or () for part in text.split(",") if part)]
    if len(values) > MOST_LISTED:
        raise invalid(f"takes up to {MOST_LISTED} values, and not {len(values)}", field)
    return tuple(dict.fromkeys(values))


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads the cursors of one list, as it was asked for: those of another one are refused."""

    list: str
    """Which list it is, such as `sessions`."""
    filters: Mapping[str, Any]
    """What narrows it: a cursor holds for the same narrowing alone."""
    order: Literal["asc", "desc"] = "desc"

    def write(self, place: str, way: Way = "next") -> str:
        """Name a place: that of the last one that was shown, or of the first one for the way back."""
        text = json.dumps([self.list, self.order, self._bound, way, place], separators=(",", ":"))
        return PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def read(self, text: str | None) -> tuple[str, Way]:
        """Say behind which place the list goes on, and which way; `("", "next")` at its beginning. Raises Refusal."""
        if not text:
            return "", "next"
        match _decoded(text):
            case [self.list, order, _, _, _] if order != self.order:
                raise invalid("page token order does not match request", "page")
            case [self.list, self.order, self._bound, "next" | "prev" as way, str() as place]:
                return place, way
        raise _foreign()

    @property
    def _bound(self) -> str:
        said = {name: value for name, value in self.filters.items() if value not in (None, (), [])}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _decoded(text: str) -> Any:
    """Read what a cursor holds; None for what was not made here."""
    body = text.removeprefix(PREFIX)
    if not (text.startswith(PREFIX) and len(text) < 2000 and body.isascii()):
        return None
    try:
        return jsontext.loads(base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None


def _foreign() -> Refusal:
    return invalid("invalid page cursor; send `next_page` of an earlier answer, with the same parameters", "page")
