"""Which files a list shows: all of a tenant's, those of a session, or some by their ids (contract E.13)."""

from typing import Any

from walkaway_core.dialects.managed import ids, pages
from walkaway_core.dialects.managed.file_wire import FileQuery, shown
from walkaway_core.dialects.managed.pages import Cursors
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.errors import FileNotFound
from walkaway_core.http.access import Caller
from walkaway_core.store import identified
from walkaway_core.store.kept import Kept

MOST_IDS = 100


def answer(caller: Caller, query: FileQuery) -> dict[str, Any]:
    """Give a page of files. Raises Refusal."""
    named = pages.either(query.bracketed, query.ids, "ids")
    if named:
        if beside := query.model_fields_set & {"limit", "page", "scope_id", "after_id", "before_id"}:
            raise invalid("stands alone, where files are named by their `ids`", min(beside))
        return pages.page([shown(kept) for kept in _some(caller, named)], None)
    if sum(each is not None for each in (query.page, query.after_id, query.before_id)) > 1:
        raise invalid("`page`, `after_id` and `before_id` are three ways to go on; send one", "page")
    scope = "" if query.scope_id is None else ids.read_session(query.scope_id)
    if scope is None:
        raise invalid(f"{query.scope_id!r:.100} is no id of a session", "scope_id")
    cursors = Cursors("files", {"scope_id": scope})
    if query.before_id is not None:
        newer, more = _read(caller, scope, _key(query.before_id, "before_id"), query.limit, newest_first=False)
        body = pages.page([shown(kept) for kept in reversed(newer)], None)
        return body | {"has_more": more}
    after = _key(query.after_id, "after_id") if query.after_id else cursors.read(query.page)[0]
    there, more = _read(caller, scope, after, query.limit, newest_first=True)
    return pages.page([shown(kept) for kept in there], cursors.write(there[-1].key) if more else None)


def _read(caller: Caller, scope: str, after: str, limit: int, *, newest_first: bool) -> tuple[list[Kept], bool]:
    return identified.listing(
        caller.services, caller.tenant, after=after, limit=limit, newest_first=newest_first, scope=scope
    )


def _some(caller: Caller, named: tuple[str, ...]) -> list[Kept]:
    """Find files by their ids; those that are no file's are passed over."""
    keys = [found for each in named if (found := _key_or_none(each))]
    return identified.some(caller.services, caller.tenant, keys)


def _key(id_: str, field: str) -> str:
    found = _key_or_none(id_)
    if found is None:
        raise invalid(f"{id_!r:.100} is no id of a file", field)
    return found


def _key_or_none(id_: str) -> str | None:
    try:
        return identified.key_of(id_)
    except FileNotFound:
        return None
