"""Where `walkaway listen` is in the feed, and its secret: kept on this machine, each whole or not at all."""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from walkaway import kept
from walkaway.commands import state
from walkaway.errors import SettingInvalid

FOLDER = "listen"
MOST = 100_000
"""Ids of which none is told again."""


class Place:
    """A place in the feed: a cursor, and the ids behind it that have been told; of a tenant, and who is told."""

    def __init__(self, url: str, tenant: str, told: str, events: Sequence[str] = ()) -> None:
        self._path = state.file(FOLDER, json.dumps([url, tenant, told, sorted(set(events))]))
        self._secret = state.file(FOLDER, json.dumps(["secret", url, tenant]))
        self.cursor, self._seen = "", dict[str, None]()

    def __contains__(self, id_: str) -> bool:
        """Whether it has been told."""
        return id_ in self._seen

    @property
    def secret(self) -> str:
        """The tenant's secret, which is made once."""
        with kept.alone(self._secret):
            if found := _read(self._secret, "secret"):
                return str(found["secret"])
            made = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
            kept.write(self._secret, json.dumps({"secret": made}))
            return made

    def seen(self, id_: str) -> None:
        """Keep that it has been told."""
        self._seen[id_] = None
        self.keep()

    def keep(self) -> None:
        """Keep it as it is. Raises ClickException: what could not be noted would come twice."""
        try:
            kept.write(self._path, json.dumps({"cursor": self.cursor, "seen": list(self._seen)}))
        except OSError as error:
            why = error.strerror or error
            raise click.ClickException(f"{self._path} cannot be written ({why}), and says what has been told") from None

    def move(self, cursor: str) -> None:
        """Keep that all up to there has been told; what has been told behind it may come again, and is known."""
        settled = cursor.partition(".")[0]
        seen = {id_: None for id_ in list(self._seen)[-MOST:] if id_ > settled}
        if (cursor, seen) != (self.cursor, self._seen):
            self.cursor, self._seen = cursor, seen
            self.keep()

    def go_to(self, ago: float) -> None:
        """Begin anew, so many seconds ago."""
        self.cursor, self._seen = f"evt_{max(0, int((time.time() - ago) * 1000)):012x}{0:012x}", {}
        self.keep()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have the place for oneself, as it was left. Raises ClickException where another one has it."""
        with ExitStack() as stack:
            try:
                stack.enter_context(kept.alone(self._path, 0))
            except BlockingIOError:
                raise click.ClickException("Another `walkaway listen` does this already; end it first") from None
            self._load()
            yield

    def _load(self) -> None:
        if found := _read(self._path, "cursor", "seen"):
            self.cursor = str(found["cursor"])
            self._seen = dict.fromkeys(map(str, found["seen"] or ()))


def _read(path: Path, *names: str) -> dict[str, Any] | None:
    """Read what is kept. Raises ClickException for what cannot be read: beginning anew would lose events."""
    try:
        found = kept.json(path)
    except SettingInvalid as error:
        raise click.ClickException(f"{error}; remove it, and say --since") from None
    if found is not None and any(name not in found for name in names):
        raise click.ClickException(f"{path} is none of ours; remove it, and say --since")
    return found
