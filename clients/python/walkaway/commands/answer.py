"""`walkaway answer`: answer a call that a turn waits for."""

import shlex
from typing import TYPE_CHECKING

import click

from walkaway.commands import cleaning, names, options, texts
from walkaway.commands.app import App, pass_app
from walkaway.commands.exits import NameShared, NameUnknown

if TYPE_CHECKING:
    from walkaway import Call, Session


@options.command(examples=("walkaway answer @ --yes", 'walkaway answer @ "42 pieces"'))
@click.argument("name", metavar="CALL")
@click.argument("text", default="")
@click.option("--yes", is_flag=True, help="It may run.")
@click.option("--no", "why", is_flag=False, flag_value="", metavar="[WHY]", help="It may not run, and this is why.")
@click.option("--error", is_flag=True, help="TEXT says what went wrong.")
@pass_app
def answer(app: App, /, *, name: str, text: str, yes: bool, why: str | None, error: bool) -> None:
    """Answer a call: with an output, which may be `-` or `@FILE`, or with --yes or --no.

    CALL is SESSION/CALL, or a session that waits for one call alone.
    """
    if sum((yes, why is not None, bool(text))) != 1:
        raise click.UsageError("Say one of: TEXT, --yes, --no")
    session, call = _found(app, name)
    if call.needs == "approval" and text:
        raise click.UsageError(f"{cleaning.line(call.name)} asks for a yes or a no: --yes, or --no")
    if call.needs != "approval" and not text:
        raise click.UsageError(
            f"{cleaning.line(call.name)} asks for its output: walkaway answer {shlex.quote(name)} OUTPUT"
        )
    turn = session.turn(call.turn)
    if text:
        turn.answer(call, texts.given(text), is_error=error)
    elif yes:
        turn.approve(call)
    else:
        turn.deny(call, why or "")
    app.state.use(session.id, turn.id)
    raw = {"session_id": session.id, "response_id": turn.id, "call_id": call.call_id}
    words = f"{cleaning.line(call.name)} is answered. walkaway tail {turn.ref}"
    app.out.record(raw, lambda: app.out.note(words), f"{session.id}/{call.call_id}")


def _found(app: App, name: str) -> "tuple[Session, Call]":
    """Find the call. Raises NameUnknown, NameShared."""
    from walkaway import Call

    of_session, _, of_call = name.partition("/")
    session = names.session(app, of_session).refresh()
    turn = str(session.raw.get("response_id") or "")
    calls = [Call.read(each, session.id, turn) for each in session.raw.get("pending_tool_calls") or ()]
    fitting = [each for each in calls if not of_call or each.call_id == of_call]
    fitting = fitting or [each for each in calls if len(of_call) >= names.SHORTEST and each.call_id.endswith(of_call)]
    if len(fitting) > 1:
        rows = "".join(f"\n  {session.id}/{each.call_id}  {cleaning.line(each.name)}" for each in fitting)
        raise NameShared(f"{session.id} waits for {len(fitting)} calls:{rows}")
    if not fitting:
        raise NameUnknown(_instead(session, calls, of_call))
    return session, fitting[0]


def _instead(session: "Session", calls: "list[Call]", name: str) -> str:
    """Say what a session does, of which no such call is waited for."""
    if calls:
        rows = "".join(f"\n  {session.id}/{each.call_id}  {cleaning.line(each.name)}" for each in calls)
        return f"{session.id} waits for no call {cleaning.line(name)!r}, but for another:{rows}"
    if session.raw.get("busy"):
        return f"{session.id} waits for nothing: its turn runs. walkaway tail {session.id}"
    last = (session.raw.get("last_response") or {}).get("status")
    does = f"its turn is {last}" if last else "nothing was sent to it yet"
    return f"{session.id} waits for nothing: {does}. `walkaway inbox` tells what waits"
