"""How many bytes the containers of each tenant hold together, and whether one of them may have more."""

import threading
from pathlib import Path

from walkaway_local.sandbox.about import About
from walkaway_sandbox.kept import TooMuch


class Stored:
    """Counts a tenant's containers, by what stands beside their generations, once, and when one would be refused."""

    def __init__(self, folder: Path, most: int | None) -> None:
        """Count in `folder/TENANT/SESSION/`; `most` bytes for each tenant, None: as many as there is room for."""
        self._folder, self._most = folder, most
        self._lock = threading.Lock()
        self._sizes: dict[str, dict[str, int]] = {}

    def take(self, home: Path, size: int) -> None:
        """Count a container that is to have so many bytes. Raises TooMuch when its tenant would have too many."""
        if self._most is None:
            return
        tenant = home.parent.name
        with self._lock:
            others = self._others(home)
            if others + size > self._most:
                self._sizes.pop(tenant, None)  # somebody may have removed some by hand
                others = self._others(home)
            if others + size > self._most:
                raise TooMuch(
                    f"all containers together may hold {self._most} bytes, and those of other sessions hold {others}; "
                    "sessions that are not needed can be deleted"
                )
            self._sizes[tenant][home.name] = size

    def let_go(self, home: Path) -> None:
        """Count a container no more."""
        with self._lock:
            self._sizes.get(home.parent.name, {}).pop(home.name, None)

    def _others(self, home: Path) -> int:
        tenant = home.parent.name
        if tenant not in self._sizes:
            self._sizes[tenant] = {each.name: _size(each) for each in home.parent.iterdir()}
        return sum(size for session, size in self._sizes[tenant].items() if session != home.name)


def _size(home: Path) -> int:
    """Give the bytes of a container's largest generation: one of several is the session's, and the others go."""
    return max((About.read(generation).size for generation in home.iterdir()), default=0)
