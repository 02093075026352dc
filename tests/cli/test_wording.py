"""What server and client say to programs, said to whoever types commands."""

import re
from pathlib import Path

import pytest

import walkaway as walkaway_package
import walkaway_core
from tests.client.test_errors import EVERY, OPTIONS, SENTENCES
from tests.kit.terminals import Caller
from walkaway import errors
from walkaway.answers import Answer, refused
from walkaway.commands import exits, wording
from walkaway_core.http.errors import OTHERS
from walkaway_wire import jsontext


@pytest.mark.parametrize("code", sorted({**SENTENCES, **{code: said for code, (_, said) in OTHERS.items()}}))
def test_no_code_of_the_server_s_is_said_in_http_or_python(code: str) -> None:
    message = {**SENTENCES, **{code: said for code, (_, said) in OTHERS.items()}}[code]
    answer = Answer(
        EVERY[code], {"x-request-id": "req_1"}, jsontext.dump_bytes({"error": code, "message": message}), ""
    )
    said = exits.sentence(refused(answer, OPTIONS))
    assert not re.search(r"\b(GET|POST|PUT|PATCH|DELETE)\b|Idempotency-Key|If-Match|\w\(|\b[45]\d\d\b|_busy", said)
    assert ("req_1" in said) == (EVERY[code] >= 500)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("There is an agent called 'a' already; PATCH changes it", "There is an agent called 'a' already"),
        ("'c' needs a yes or no: send \"approve\": true or false", "'c' needs a yes or no: say --yes, or --no WHY"),
        (
            "There is no such run; GET /api/v1/runs lists them",
            "There is no such run; `walkaway runs list` tells what there is",
        ),
        ("It is on; see GET /docs for what there is", "It is on"),
    ],
)
def test_what_the_server_says_in_http_is_said_in_commands(said: str, told: str) -> None:
    assert exits.sentence(errors.BadRequest(400, "invalid_request", said)) == told


def test_every_clause_that_stands_for_another_s_is_one_that_somebody_says() -> None:
    folders = (Path(walkaway_core.__file__).parent, Path(walkaway_package.__file__).parent)
    sources = "".join(
        each.read_text() for folder in folders for each in folder.rglob("*.py") if "commands" not in each.parts
    )
    plain = re.sub(r"['\"]\s*\n\s*f?['\"]", "", sources)
    assert [theirs for theirs, _ in wording.IN_COMMANDS if theirs not in plain] == []


def test_a_folder_that_is_attached_says_the_command_for_folders(walkaway: Caller) -> None:
    (walkaway.home / "texts").mkdir()
    ran = walkaway("run", "x", "--file", "texts")
    assert (ran.code, ran.out) == (1, "")
    assert "`walkaway files put` sends a folder" in ran.err
    assert "()" not in ran.err
