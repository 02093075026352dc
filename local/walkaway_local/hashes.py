"""SHA-256 of files, each read once for each of its versions, as long as the server runs."""

import hashlib
import time
from dataclasses import replace

from walkaway_core.ports.workspace import FileInfo, Workspace

MOST = 50_000
SETTLED = 2.0
"""Seconds after a change in which another one may leave no trace: file systems' clocks tick in milliseconds."""


class Hashes:
    """What is known of files by where they are; of too many, the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, str]] = {}

    def described(self, workspace: Workspace, root: str, path: str) -> FileInfo | None:
        """Describe a file, with its hash if it stays the same meanwhile; None where there is no file."""
        info = workspace.stat(root, path)
        if info is None or info.is_directory:
            return None
        version, digest = self._known.get((root, path), ("", ""))
        if version == info.version:
            return replace(info, sha256=digest)
        made = hashlib.sha256()
        for chunk in workspace.read(root, path) or ():
            made.update(chunk)
        now = workspace.stat(root, path)
        if now is None or now.version != info.version:
            return None if now is None or now.is_directory else now
        self._keep(root, path, info, made.hexdigest())
        return replace(info, sha256=made.hexdigest())

    def _keep(self, root: str, path: str, info: FileInfo, digest: str) -> None:
        self._known.pop((root, path), None)
        if time.time() - info.modified > SETTLED:
            self._known[root, path] = info.version, digest
        while len(self._known) > MOST:
            self._known.pop(next(iter(self._known)), None)
