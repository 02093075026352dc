"""What is being worked on: log lines and metrics name it, whoever writes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_subject: ContextVar[Mapping[str, str]] = ContextVar("subject", default=MappingProxyType({}))


def named() -> Mapping[str, str]:
    """Give the ids of what this task works on, as far as they are known: `requestId`, `session`, `turn`."""
    return _subject.get()


def name(*, request: str = "", session: str = "", turn: str = "") -> None:
    """Name what this task works on from now on, beside what has been named."""
    _subject.set(_with(request, session, turn))


@contextmanager
def about(*, request: str = "", session: str = "", turn: str = "") -> Iterator[None]:
    """Name what is worked on in the block."""
    token = _subject.set(_with(request, session, turn))
    try:
        yield
    finally:
        _subject.reset(token)


def _with(request: str, session: str, turn: str) -> Mapping[str, str]:
    ids = {"requestId": request, "session": session, "turn": turn}
    return {**named(), **{kind: id_ for kind, id_ in ids.items() if id_}}
