"""Requests that are meant only if something is still as the caller has seen it (RFC 9110, 13)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Request, Response

from walkaway_core.errors import Invalid, PreconditionFailed
from walkaway_core.http.fields import listed
from walkaway_wire import dates

if TYPE_CHECKING:
    from walkaway_core.http.dialect import Surface

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
"""An entity tag (RFC 9110, 8.8.3)."""
ANY = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request says of the version that it is meant for; tags as they were sent, times in whole seconds."""

    match: frozenset[str] | None
    none_match: frozenset[str] | None
    modified_since: int | None
    unmodified_since: int | None

    @property
    def any(self) -> bool:
        """Whether a write depends on what is there."""
        return any(each is not None for each in (self.match, self.none_match, self.unmodified_since))

    def check(self, tag: str, modified: float | None = None) -> None:
        """See whether a write may go on; `tag` is what is there (`tag_of`), `""` nothing. Raises PreconditionFailed.

        `modified` is when it was, if the callers are told.
        """
        self._check_match(tag, modified)
        if self.none_match is not None and _matches(self.none_match, tag):
            raise PreconditionFailed("There is what If-None-Match says that there must not be; nothing was changed")

    def unchanged(self, tag: str, modified: float | None = None) -> bool:
        """Say whether a reader has this already. Raises PreconditionFailed where it asks for something else."""
        self._check_match(tag, modified)
        if self.none_match is not None:
            return _matches(self.none_match, tag)
        return modified is not None and self.modified_since is not None and int(modified) <= self.modified_since

    def _check_match(self, tag: str, modified: float | None) -> None:
        if self.match is not None:
            if not (tag and (self.match == ANY or tag in self.match)):
                raise PreconditionFailed
        elif modified is not None and self.unmodified_since is not None and int(modified) > self.unmodified_since:
            raise PreconditionFailed


def conditions(
    request: Request,
    if_match: Annotated[str | None, Header(description="only if it has one of these ETags, or is there: `*`")] = None,
    if_none_match: Annotated[str | None, Header(description="only if it has none of these, or is not there")] = None,
) -> Conditions:
    """Read a request's conditions. Raises Invalid for what are no entity tags; dates that are none are ignored."""
    del if_match, if_none_match  # documented by these; each may come in several lines
    return Conditions(
        _tags(request, "if-match"),
        _tags(request, "if-none-match"),
        date_of(listed(request, "if-modified-since")),
        date_of(listed(request, "if-unmodified-since")),
    )


Conditional = Annotated[Conditions, Depends(conditions)]


def refuse_elsewhere(request: Request) -> None:
    """Refuse a write for one version where nothing has versions. Raises PreconditionFailed."""
    surface: Surface = request.app.state.surface
    if request.method == "GET" or not surface.refuses_unknown or _conditional(request.scope["endpoint"]):
        return
    if set(request.headers.getlist("if-match")) - ANY or "*" in request.headers.getlist("if-none-match"):
        raise PreconditionFailed("Nothing at this address has a version; leave If-Match and If-None-Match out")


def tag_of(version: str) -> str:
    """Write a version as an entity tag; S3's are tags already."""
    return f'"{version.strip(chr(34))}"' if version else ""


def date_of(text: str) -> int | None:
    """Read one date of HTTP, in whole seconds since the epoch; None if it is none."""
    read = dates.seconds(text)
    return None if read is None else int(read)


def not_modified(**headers: str) -> Response:
    """Answer that the reader has it (304), with the headers that describe it."""
    return Response(status_code=304, headers={name.replace("_", "-"): value for name, value in headers.items()})


@cache
def _conditional(endpoint: Callable[..., Any]) -> bool:
    return any(each.annotation == Conditional for each in signature(endpoint, eval_str=True).parameters.values())


def _tags(request: Request, name: str) -> frozenset[str] | None:
    lines = request.headers.getlist(name)
    text = ", ".join(lines).strip()
    if not lines:
        return None
    if text == "*":
        return ANY
    if not _TAG.search(text) or _TAG.sub("", text).strip(", \t"):
        raise Invalid(f'{name} must have ETags as they were given, such as "abc", or *; it has {text[:60]!r}')
    return frozenset(_TAG.findall(text))


def _matches(tags: frozenset[str], tag: str) -> bool:
    """Compare weakly (RFC 9110, 8.8.3.2)."""
    return bool(tag) and (tags == ANY or tag in {each.removeprefix("W/") for each in tags})
