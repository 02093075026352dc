"""Errors as the client says them: one for each code of the reference, with a sentence and what to do next."""

import inspect
import re

import pytest

from walkaway import errors
from walkaway.answers import Answer, kind, refused
from walkaway.profiles import Options, Secret
from walkaway_core import errors as core
from walkaway_core.http.errors import OTHERS, STATUS
from walkaway_wire import jsontext

OPTIONS = Options("http://walkaway.test", Secret("alpha"), "url=", "WALKAWAY_KEY")
SENTENCES = {
    str(kind.code): " ".join((kind.__doc__ or "").split())
    for kind in vars(core).values()
    if isinstance(kind, type) and issubclass(kind, core.WalkawayError) and kind.code in STATUS
}
EVERY = dict(STATUS) | {code: status for code, (status, _) in OTHERS.items()}


def made(status: int, body: object = None, **headers: str) -> errors.WalkawayError:
    raw = body if isinstance(body, bytes) else jsontext.dump_bytes(body)
    named = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return refused(Answer(status, named, raw, "http://walkaway.test/v1/me"), OPTIONS)


@pytest.mark.parametrize("code", EVERY)
def test_each_code_of_the_reference_has_its_error(code: str) -> None:
    found = made(EVERY[code], {"error": code, "message": "This is why."})
    assert type(found) not in {errors.WalkawayError, errors.Refused}
    assert isinstance(found, errors.Refused)
    assert (found.status, found.code) == (EVERY[code], code)
    assert "This is why" in str(found)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (409, "session.busy", errors.SessionBusy),
        (409, "session.queue_full", errors.QueueFull),
        (409, "agent.name_taken", errors.NameTaken),
        (409, "schedule.name_taken", errors.NameTaken),
        (409, "tool_call.answered", errors.AlreadyAnswered),
        (409, "tool_call.claimed", errors.AlreadyClaimed),
        (409, "tool_call.not_waiting", errors.NotWaiting),
        (409, "what.comes", errors.Conflict),
        (400, "cursor.invalid", errors.CursorInvalid),
        (422, "idempotency.mismatch", errors.IdempotencyMismatch),
        (422, "", errors.BadRequest),
        (422, "what.comes", errors.BadRequest),
        (416, "range.invalid", errors.RangeInvalid),
        (599, "", errors.ServerFailed),
        (418, "", errors.Refused),
    ],
)
def test_a_code_goes_before_a_status(status: int, code: str, expected: type[errors.Refused]) -> None:
    assert kind(status, code) is expected


def test_a_busy_session_says_which_turn_runs_and_what_can_be_done() -> None:
    body = {"error": "session.busy", "message": "A turn runs", "response_id": "msg_1"}
    found = made(409, body, retry_after="5", x_request_id="req_1")
    assert isinstance(found, errors.SessionBusy)
    assert (found.turn, found.retry_after, found.request_id) == ("msg_1", 5.0, "req_1")
    assert str(found) == (
        "A turn runs; or say what becomes of the message: on_busy='enqueue', 'steer' or 'interrupt' "
        "(409, session.busy, req_1)"
    )


def test_a_wrong_key_says_where_it_came_from_and_never_what_it_is() -> None:
    found = made(401, {"error": "unauthorized", "message": "Send a known API key"})
    assert "does not know this key" in str(found)
    assert "The key came from WALKAWAY_KEY" in str(found)
    assert "alpha" not in str(found) + repr(OPTIONS)


def test_a_forgotten_key_is_none_that_is_wrong() -> None:
    body = {"error": "unauthorized", "message": SENTENCES["unauthorized"]}
    answer = Answer(401, {}, jsontext.dump_bytes(body), "http://walkaway.test/v1/me")
    said = str(refused(answer, Options("http://walkaway.test", Secret(""))))
    assert said == "Send a known API key. No key was sent: give key=, or WALKAWAY_KEY (401, unauthorized)"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_no_advice_is_in_http(code: str) -> None:
    said = str(made(EVERY[code], {"error": code, "message": SENTENCES[code]}))
    assert not re.search(r"(GET|POST|PUT|DELETE|PATCH) /", said)
    assert said.count("(") == said.count(")")


def test_what_is_not_there_says_the_method_that_lists_what_is() -> None:
    found = made(404, {"error": "file.not_found", "message": "There is no 'a.md' in it; GET /v1/x lists it"})
    assert str(found) == "There is no 'a.md' in it; session.files.walk() lists what there is (404, file.not_found)"
    assert isinstance(found, errors.NotFound)
    assert found.message.startswith("There is no 'a.md'")


def test_a_path_too_many_in_an_address_is_shown() -> None:
    body = {"error": "not_found", "message": "There is no such address; GET /docs lists what there is"}
    answer = Answer(404, {}, jsontext.dump_bytes(body), "http://walkaway.test/v1/v1/sessions?limit=1")
    said = str(refused(answer, Options("http://walkaway.test/v1", Secret("alpha"), "WALKAWAY_URL")))
    assert "no such address: http://walkaway.test/v1/v1/sessions." in said
    assert "WALKAWAY_URL says http://walkaway.test/v1; is its path /v1 right?" in said


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"<h1>Not here</h1>"), (200, b"<p>Hello"), (405, {"detail": "no"}), (501, b"<p>No")]
)
def test_a_server_that_is_no_walkaway_is_said_to_be_none(status: int, body: object) -> None:
    found = made(status, body)
    assert isinstance(found, errors.NotWalkaway)
    assert f"answers ({status}, text/html), but not as Walkaway does. Is the address right?" in str(found)


def test_a_proxy_in_trouble_is_trouble_of_the_server() -> None:
    found = made(502, b"<h1>Bad\n gateway</h1>")
    assert isinstance(found, errors.ServerFailed)
    assert "<h1>Bad gateway</h1>" in str(found)


def test_the_drawing_names_every_error_once() -> None:
    drawn = (errors.__doc__ or "").split()
    kinds = [
        name for name, found in vars(errors).items() if inspect.isclass(found) and found.__module__ == errors.__name__
    ]
    assert {name: drawn.count(name) for name in kinds} == dict.fromkeys(kinds, 1)


def test_a_busy_session_has_none_of_the_words_of_http() -> None:
    message = (
        "The session is busy with msg_1: wait for its end (GET /v1/sessions/sess_1), or cancel it, then send again; "
        'or say what is to happen: "on_busy": "enqueue", "steer" or "interrupt"'
    )
    found = made(409, {"error": "session.busy", "message": message})
    assert isinstance(found, errors.SessionBusy)
    said = found.message
    assert said.startswith("The session is busy with msg_1: wait for its end, or cancel it, then send again; or say")
    assert '"' not in said
