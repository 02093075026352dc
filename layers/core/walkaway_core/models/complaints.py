"""What the model service said was wrong, and what it blames: read from an answer that is an error."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any

from walkaway_wire import dates, jsontext

if TYPE_CHECKING:
    from anthropic import APIStatusError

LONG = 1000
"""Characters of a sentence, at the most."""
PLACE = re.compile(r"\bmessages[.\[](\d+)\]?\.content[.\[](\d+)")
ELSEWHERE = re.compile(
    r"(max_tokens|model|system|tools|tool_choice|thinking|output_config|temperature|container|stream)\b[\w.\[\]]*:"
)
"""A sentence that names another field of the request first; it does not blame what was said."""
OURS = re.compile(r"cache_control|extra inputs|unsupported parameter", re.IGNORECASE)
"""Blames how a thing was sent; what was said may be named as the place."""
LENGTH = re.compile(
    r"prompt is too long|input length and `?max_tokens`? exceed|input is too long|maximum context length"
    r"|exceeds? the (available )?context",
    re.IGNORECASE,
)
NO_MODEL = re.compile(r"model identifier is invalid", re.IGNORECASE)
THINKING = re.compile(
    r"bound to a different conversation|invalid `?(signature|data)`? in `?(redacted_)?thinking`?"
    r"|`?thinking`?.{0,40} blocks .{0,60}cannot be modified",
    re.IGNORECASE,
)
THING = re.compile(r"\b(image|picture|document|pdf)s?\b", re.IGNORECASE)
WRONG = re.compile(
    r"could not|cannot|can't|unable|fail|invalid|not valid|(not|n't) support|unsupported|missing|corrupt|password|empty"
    r"|too (large|big|many|long)|exceed|maximum|at most|limit|dimension",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error of the service: `kind` is its type in lower case, `words` are its own, `code` names the cause if any."""

    status: int
    kind: str
    words: str
    code: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""

    def sentence(self, about: str) -> str:
        """Say what it is about, in the service's words, and which request it was."""
        by = f" (request {self.request_id})" if self.request_id else ""
        return f"{about}: {self.words}"[: LONG - len(by)] + by

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the service wants to be asked again: as a number, or as the date that HTTP allows."""
        for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
            asked = self.headers.get(name, "")
            try:
                seconds = float(asked) / unit
            except ValueError:
                seconds = _until(asked)
            if isfinite(seconds) and seconds >= 0:
                return seconds
        return None

    @property
    def too_long(self) -> bool:
        """Whether all that was said is too much."""
        large = self.status == 413 or self.kind in {"request_too_large", "exceed_context_size_error"}
        return large or bool(LENGTH.search(self.words) and not ELSEWHERE.match(self.words))

    @property
    def blames_model(self) -> bool:
        """Whether there is no such model; Bedrock says so of an id that is none with the status of a bad request."""
        return bool(NO_MODEL.search(self.words))

    @property
    def blames_thinking(self) -> bool:
        """Whether thinking was sent back that does not belong there."""
        return bool(THINKING.search(self.words))

    @property
    def blames_content(self) -> bool:
        """Whether something that was said is at fault, and not how it was sent."""
        if self.code == "image_dimensions_too_large":
            return True
        if ELSEWHERE.match(self.words) or OURS.search(self.words):
            return False
        return bool(PLACE.search(self.words) or (THING.search(self.words) and WRONG.search(self.words)))

    @property
    def where(self) -> tuple[int, int] | None:
        """The message and the block that it names."""
        paths = self.details.get("paths")
        named = [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
        place = next(filter(None, map(PLACE.search, [*named, self.words])), None)
        return (int(place[1]), int(place[2])) if place else None


def read(error: "APIStatusError") -> Complaint:
    """Read an error of the SDK. Amazon's errors say their type in a header, where they are no event of a stream."""
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    inner = error.body.get("error") if isinstance(error.body, dict) else None
    inner = inner if isinstance(inner, dict) else {}
    details = inner.get("details")
    details = details if isinstance(details, dict) else {}
    kind = inner.get("type") or headers.get("x-amzn-errortype", "").partition(":")[0]
    words = next(_texts(error.body, inner), "") or _status(error.status_code)
    body_id = error.body.get("request_id") if isinstance(error.body, dict) else None
    return Complaint(
        status=error.status_code,
        kind=str(kind).lower(),
        words=jsontext.whole(" ".join(words.split())),
        code=str(details.get("error_code") or ""),
        details=details,
        headers=headers,
        request_id=jsontext.whole(
            str(headers.get("request-id") or body_id or headers.get("x-amzn-requestid") or "")[:100]
        ),
    )


def _texts(body: object, inner: Mapping[str, Any]) -> Iterator[str]:
    """What could be the service's words, the likeliest first; a page of a proxy's is none."""
    values = [inner.get("message")]
    if isinstance(body, dict):
        values += [body.get(name) for name in ("error", "message", "Message", "detail")]
    elif isinstance(body, str) and not body.lstrip().startswith("<"):
        values.append(body)
    return (value for value in values if isinstance(value, str) and value.strip())


def _status(code: int) -> str:
    if code < 400:
        return "it did not say why"
    try:
        return f"HTTP {code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"HTTP {code}"


def _until(date: str) -> float:
    """Seconds until a date, 0 for one that has passed, and -1 for what is none."""
    at = dates.seconds(date)
    return -1.0 if at is None else max(0.0, at - time.time())
