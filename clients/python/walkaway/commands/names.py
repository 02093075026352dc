"""Finds sessions and turns by what people call them: ids, their beginnings and endings, titles, `@`."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from walkaway import errors
from walkaway.commands import cleaning, times
from walkaway.commands.exits import NameShared, NameUnknown

if TYPE_CHECKING:
    from walkaway import Session, Turn
    from walkaway.commands.app import App

SESSION = re.compile(r"sess_[0-9a-f]{24}")
ELSEWHERE = re.compile(r"^sesn_(?=[0-9a-f]{6})")
"""What a session's id begins with where programs of Managed Agents made it."""
TURN = re.compile(r"msg_[0-9a-f]{24}")
WEBHOOK = re.compile(r"whk_[0-9a-f]{24}")
LAST = re.compile(r"@([0-9]{0,9})|last")
SHORTEST = 6
"""Letters of an id that are enough, where they fit one alone."""
RECENT = 5
"""Sessions used last in which a turn is looked for that is named by itself."""
MOST = 20
"""Names that are told where none fits."""
ENDING = 8
"""Letters of an id that lists show: ids begin with their time, so beginnings are alike."""


def short(id_: str) -> str:
    """Give the ending of an id, as lists show it."""
    return id_[-ENDING:]


def is_last(name: str) -> bool:
    """Whether a name is `@` or its like."""
    return LAST.fullmatch(name) is not None


def session(app: "App", name: str) -> "Session":
    """Find a session; one that is named by its whole id is not looked at. Raises NameUnknown, NameShared."""
    name = ELSEWHERE.sub("sess_", name.strip())
    if SESSION.fullmatch(name):
        return app.client.session(name)
    if found := LAST.fullmatch(name):
        place = int(found[1] or 1)
        used = app.state.sessions
        if not 1 <= place <= len(used):
            were = times.many(len(used), "session") if used else "No session"
            raise NameUnknown(
                f"There is no {name} yet. {were} {'were' if len(used) > 1 else 'was'} used here. `walkaway run "
                "MESSAGE` begins one, `walkaway sessions list` tells what there is"
            )
        return app.client.session(used[place - 1])
    every = list(app.client.sessions.list(q=name)) if not _maybe_id(name) else list(app.client.sessions.list())
    fitting = [each for each in every if each.title.casefold() == name.casefold()]
    if not fitting and _maybe_id(name):
        fitting = [each for each in every if fits(each.id, name, "sess_")]
    if len(fitting) > 1:
        rows = "".join(f"\n  {each.id}  {cleaning.line(each.title)}" for each in fitting[:20])
        raise NameShared(f"{name!r} fits {len(fitting)} sessions:{rows}")
    if not fitting:
        raise NameUnknown(f"There is no session {name!r}: its id, 6 letters of its ending, its title, or @ name one")
    return fitting[0]


def turn(app: "App", name: str) -> "Turn":
    """Find a turn: `SESSION/TURN`, or the one that runs in a session, else its last one.

    An id, or a part of one, that no session has may be that of a turn in the sessions which were used here last. Raises
    as `session` does.
    """
    of_session, _, of_turn = name.strip().partition("/")
    if of_turn:
        return _turn_in(session(app, of_session), of_turn)
    try:
        if of_session.startswith("msg_"):
            return _used(app, of_session)
        where = session(app, of_session)
    except NameUnknown:
        if not _maybe_id(of_session):
            raise
        return _used(app, of_session)
    where.refresh()
    if where.current:
        return where.current
    newest = where.turns(limit=1).first(1)
    if not newest:
        raise NameUnknown(f"Nothing was sent to {where.id} yet: walkaway send {where.id} MESSAGE")
    return newest[0]


def _turn_in(where: "Session", name: str) -> "Turn":
    if TURN.fullmatch(name):
        return where.turn(name)
    return _only([each for each in where.turns() if fits(each.id, name, "msg_")], name, f"in {where.id}", where.id)


def _used(app: "App", name: str) -> "Turn":
    """Find a turn of the sessions that were used here last. Raises NameUnknown, NameShared."""
    fitting: list[Turn] = []
    for each in app.state.sessions[:RECENT]:
        with suppress(errors.NotFound):  # it was deleted elsewhere
            fitting += [turn for turn in app.client.session(each).turns() if fits(turn.id, name, "msg_")]
    return _only(fitting, name, "in the sessions that were used here last, and no session of that name", "SESSION")


def _only(fitting: "list[Turn]", name: str, where: str, session: str) -> "Turn":
    if len(fitting) > 1:
        rows = "".join(f"\n  {each.ref}" for each in fitting)
        raise NameShared(f"{name!r} fits {len(fitting)} turns:{rows}")
    if not fitting:
        raise NameUnknown(f"There is no turn {name!r} {where}: walkaway turns list {session}")
    return fitting[0]


def webhooks(app: "App") -> list[dict[str, Any]]:
    """Give all webhooks, as the server says them."""
    return app.client.request("GET", "/v1/webhooks").records("id", "url")


def webhook(app: "App", name: str) -> str:
    """Find a webhook's id. Raises NameUnknown, NameShared."""
    return name if WEBHOOK.fullmatch(name) else str(one(name, "whk_", webhooks(app), "webhook")["id"])


def one(name: str, kind: str, every: Iterable[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """Find one of some records by its name, else by a part of its id. Raises NameUnknown, NameShared."""
    name, records = name.strip(), [dict(each) for each in every]
    fitting = [raw for raw in records if raw.get("name") == name]
    fitting = fitting or [raw for raw in records if fits(raw["id"], name, kind)]
    if len(fitting) > 1:
        rows = "".join(
            f"\n  {each['id']}  {cleaning.line(str(each.get('name') or ''))}".rstrip() for each in fitting[:20]
        )
        raise NameShared(f"{name!r} fits more than one {what}:{rows}")
    if not fitting:
        there = [cleaning.line(str(each.get("name") or each["id"])) for each in records[:MOST]]
        said = f"There are: {', '.join(there)}{' …' if len(records) > MOST else ''}" if there else "There are none"
        raise NameUnknown(f"There is no {what} {name!r}, by name, id or 6 letters of its ending. {said}")
    return fitting[0]


def _maybe_id(name: str) -> bool:
    return re.fullmatch(r"((sess|msg)_)?[0-9a-f]{6,24}", name) is not None


def fits(id_: str, name: str, kind: str) -> bool:
    """Whether a name is a beginning or an ending of an id of this kind, and long enough."""
    bare = name.removeprefix(kind)
    return len(bare) >= SHORTEST and (id_.endswith(bare) or id_.removeprefix(kind).startswith(bare))
