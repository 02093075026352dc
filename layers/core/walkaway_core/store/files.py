"""A session's view of its tenant's workspace: the same rules for HTTP, for the agent's tools and for sandboxes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate

from walkaway_core.errors import FileNotFound, PathConflict, PathForbidden, QuotaReached
from walkaway_core.ports import paths
from walkaway_core.ports.paths import Scope
from walkaway_core.ports.workspace import FileInfo, Full, NotAFile, Refused
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session

MOST_BYTES = 100_000_000
"""What a file may have that is uploaded, or that a tool writes; commands have limits of their own."""

STREAMED_BYTES = 190_000_000
"""What an answer may have where the store has addresses of its own: Lambda cuts a streamed one at 200 MB (quotas)."""
ADDRESS_SECONDS = 3600
HASHED_FILES, HASHED_BYTES = 200, 256_000_000
"""What is asked for, and read at the most, for one page with hashes, which is shorter then."""


def stat(services: Services, session: Session, path: str) -> FileInfo:
    """Describe a file or directory. Raises PathInvalid, PathForbidden, FileNotFound."""
    path = paths.clean(path)
    with _allowed(path):
        info = services.workspace.stat(paths.files(session.key.tenant), path)
    if info is None or not info.is_directory:
        session.scope.check_read(path)
    if info is None:
        raise FileNotFound(f"There is no {path!r} in the workspace; GET /v1/sessions/{{id}}/files lists it")
    return info


def listing(services: Services, tenant: str, scope: Scope, path: str) -> list[FileInfo]:
    """List a directory: what may be read, and the directories that lead there.

    Raises PathInvalid, PathForbidden, FileNotFound, PathConflict for a file.
    """
    path = paths.clean(path)
    if not scope.may_read(path):
        scope.check_read(path)
    root = paths.files(tenant)
    with _allowed(path):
        entries = services.workspace.listing(root, path)
    if entries is None:
        if services.workspace.stat(root, path):
            raise PathConflict(f"{path!r} is a file, not a directory")
        raise FileNotFound(f"There is no directory {path!r} in the workspace")
    prefix = f"{path}/" if path else ""
    return [entry for entry in entries if scope.may_read(prefix + entry.name)]


def below(  # noqa: PLR0917 - which files, and which of them
    services: Services, tenant: str, scope: Scope, path: str, after: str, limit: int, *, hashed: bool
) -> tuple[list[FileInfo], str]:
    """List the files below a directory that may be read, with paths as their names; and behind which the rest begins.

    A page may be short, or empty, though more follow. Raises PathInvalid, PathForbidden, FileNotFound, and PathConflict
    for a file.
    """
    path, root = paths.clean(path), paths.files(tenant)
    if not scope.may_read(path):
        scope.check_read(path)
    most = min(limit, HASHED_FILES) if hashed else limit
    with _allowed(path):
        found = services.workspace.below(root, path, after, most)
        if not found and path and not after:
            there = services.workspace.stat(root, path)
            if there is None:
                raise FileNotFound(f"There is no directory {path!r} in the workspace")
            if not there.is_directory:
                raise PathConflict(f"{path!r} is a file, not a directory")
        if hashed:
            sizes = accumulate(each.size for each in found)
            page = [each for each, size in zip(found, sizes, strict=True) if size <= HASHED_BYTES] or found[:1]
        else:
            page = found
        more = page[-1].name if len(page) < len(found) or len(found) == most else ""
        page = [each for each in page if paths.covers(scope.read, each.name)]
        if hashed:
            names = [each.name for each in page]
            described = zip(names, services.workspace.hashed(root, names), strict=True)
            page = [replace(info, name=name) for name, info in described if info]
    return page, more


def read(services: Services, session: Session, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Read a file's bytes from `start` to `end` (exclusive). Raises PathInvalid, PathForbidden, FileNotFound."""
    path = paths.clean(path)
    session.scope.check_read(path)
    with _allowed(path):
        chunks = services.workspace.read(paths.files(session.key.tenant), path, start, end)
    if chunks is None:
        raise FileNotFound(f"There is no file {path!r} in the workspace")
    return chunks


def address(services: Services, session: Session, path: str, media: str, disposition: str = "") -> str | None:
    """Give an address of the store's for a file that was described before; None where there is none."""
    root = paths.files(session.key.tenant)
    return services.workspace.address(root, paths.clean(path), media, ADDRESS_SECONDS, disposition)


def replaced(services: Services, session: Session, path: str) -> FileInfo | None:
    """Describe what a write to `path` replaces. Raises PathInvalid, PathForbidden."""
    path = paths.clean(path)
    session.scope.check_write(path)
    with _allowed(path):
        return services.workspace.stat(paths.files(session.key.tenant), path)


def version(services: Services, session: Session, path: str) -> str:
    """Tell which version of a file a write to `path` replaces, `""` for none. Raises PathInvalid, PathForbidden."""
    info = replaced(services, session, path)
    return info.version if info else ""


def write(
    services: Services, session: Session, path: str, chunks: Iterable[bytes], *, version: str | None = None
) -> FileInfo:
    """Write a whole file, with `version` over exactly that one (else Changed).

    Raises PathInvalid, PathForbidden, PathConflict, and what `chunks` raises.
    """
    path = paths.clean_new(path)
    session.scope.check_write(path)
    return place(services, session.key.tenant, path, chunks, version=version)


def place(
    services: Services, tenant: str, path: str, chunks: Iterable[bytes], *, version: str | None = None
) -> FileInfo:
    """Write a whole file of a tenant's at a clean path, whatever a session may; with `version` over that one alone.

    Raises PathForbidden, PathConflict, QuotaReached, and what `chunks` raises.
    """
    if not path:
        raise PathConflict("the workspace itself is no file; name one: PUT …/files/{path}")
    try:
        with _allowed(path):
            return services.workspace.write(paths.files(tenant), path, chunks, version=version)
    except Full as full:
        raise QuotaReached(f"{path!r} cannot be written: {full}. Delete files that are no longer needed") from None
    except NotAFile:
        raise PathConflict(f"{path!r} cannot be written: a directory, a link or a file is in its way") from None


def delete(services: Services, session: Session, path: str, *, version: str | None = None) -> None:
    """Delete a file, with `version` exactly that one (else Changed).

    Raises PathInvalid, PathForbidden, FileNotFound, PathConflict for a directory.
    """
    path = paths.clean(path)
    session.scope.check_write(path)
    root = paths.files(session.key.tenant)
    with _allowed(path):
        if services.workspace.delete(root, path, version=version):
            return
    if services.workspace.stat(root, path):
        raise PathConflict(f"{path!r} is a directory; delete the files in it, and it disappears")
    raise FileNotFound(f"There is no file {path!r} in the workspace")


@contextmanager
def _allowed(path: str) -> Iterator[None]:
    """Say to whoever asked what the storage does not allow. Raises PathForbidden."""
    try:
        yield
    except Refused as refusal:
        raise PathForbidden(f"{path!r}: {refusal}") from None
