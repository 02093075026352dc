"""What was used last here, so that `@` can name it: one small file for each profile or server."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from walkaway import kept, profiles
from walkaway.errors import SettingInvalid

if TYPE_CHECKING:
    from walkaway.profiles import Options

MOST = 50


def file(folder: str, name: str) -> Path:
    """Say where something of a profile, or of a server, is kept: a name that can be read, and what no other one has."""
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
    return profiles.folder() / folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[:60]}.{digest}.json"


def whose(options: "Options") -> str:
    """Say whose what is kept on this machine is: the profile's at its server, or without one the server's and key's.

    A key that follows another one in a profile is of the same tenant, mostly; of others nobody knows.
    """
    source = f"the profile {options.profile!r}"
    if options.url_source == source and options.key_source in {source, ""}:
        return f"{options.profile} {options.url}"
    return f"{options.url} {hashlib.sha256(options.key.reveal().encode()).hexdigest()}"


class State:
    """Sessions that were used here, the last one first, and of each the turn that was used last."""

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self._path = file("state", name)
        self._warn = warn
        self._used: dict[str, str] | None = None
        self._looked = 0.0
        self._is_damaged = False

    @property
    def sessions(self) -> list[str]:
        """Ids, the one used last first."""
        return list(self._read())

    def turn(self, session: str) -> str:
        """Give the id of the turn that was used last; empty: none was."""
        return self._read().get(session, "")

    @property
    def looked(self) -> float:
        """When somebody looked into the inbox last, in seconds since the epoch; 0: nobody has."""
        self._read()
        return self._looked

    def look(self, at: float) -> None:
        """Keep that somebody has looked."""
        self._change(lambda used: used, at)

    def use(self, session: str, turn: str = "") -> None:
        """Keep that this was used. What cannot be kept is said, and breaks nothing."""

        def used(before: dict[str, str]) -> dict[str, str]:
            others = {name: before[name] for name in before if name != session}
            return dict(list({session: turn or before.get(session, ""), **others}.items())[:MOST])

        before = self._read()
        if list(used(before).items()) != list(before.items()):
            self._change(used)

    def history(self) -> Path | None:
        """Give the file of what was typed in chats, which its owner alone can read; None where there can be none."""
        path = self._path.with_suffix(".history")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            why = "" if path.is_file() else f"{path} is no file"  # some of those never end
        except OSError as error:
            why = str(error)
        if why:
            self._warn(f"What is typed is not kept: {why}")
        return None if why else path

    def forget(self, session: str) -> None:
        """Forget a session that is gone."""
        if session in self._read():
            self._change(lambda used: {name: turn for name, turn in used.items() if name != session})

    def _change(self, change: Callable[[dict[str, str]], dict[str, str]], looked: float | None = None) -> None:
        """Change what is kept, as it is by now: other commands may run."""
        try:
            with kept.alone(self._path):
                self._used = None
                self._used = change(self._read())
                self._looked = self._looked if looked is None else looked
                kept.write(self._path, json.dumps({"used": self._used, "looked": self._looked}))
        except OSError as error:
            self._used = change(self._read())
            self._warn(f"What was used last is not kept: {error}")

    def _read(self) -> dict[str, str]:
        if self._used is None:
            self._used = {}
            try:
                said = kept.json(self._path) or {"used": {}}
                self._looked = float(said.get("looked", 0))
                self._used = {str(session): str(turn) for session, turn in said["used"].items()}
            except (SettingInvalid, ValueError, LookupError, TypeError, AttributeError, OverflowError):
                if not self._is_damaged:
                    self._warn(f"{self._path} is ignored, as it cannot be read; @ begins anew")
                self._is_damaged = True
        return self._used
