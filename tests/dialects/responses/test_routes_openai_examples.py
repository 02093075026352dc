"""OpenAI's own examples for its client (`examples/responses`), unchanged: address and key come from the environment."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev import sdk_examples
from tests.kit.servers import Running

FOLDER = sdk_examples.folder("openai")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="OpenAI's examples are not here: make sdk-examples")

LEFT = "Interrupted. Continuing..."
DELTAS = re.compile(r"""delta=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
NUMBERS = re.compile(r"sequence_number=(\d+)")


def run(name: str, server: Running, folder: Path) -> str:
    """Give what an example prints; rich makes no line breaks of its own."""
    assert FOLDER
    told = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "alpha-key", "COLUMNS": "10000"}
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"responses/{name}.py")],
        cwd=folder,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def deltas(printed: str) -> str:
    return "".join(ast.literal_eval(said) for said in DELTAS.findall(printed))


@pytest.mark.parametrize("name", ["background", "background_async"])
def test_a_stream_that_is_left_at_a_number_is_taken_up_behind_it(name: str, server: Running, tmp_path: Path) -> None:
    before, told, after = run(name, server, tmp_path).partition(LEFT)
    assert told
    assert numbers(before)[-1] == 10
    assert numbers(after) == list(range(11, 11 + len(numbers(after))))
    assert "solve 8x + 31 = 2" in deltas(before + after)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("background_streaming", "MathResponse("),
        ("background_streaming_async", "coroutine"),  # it does not wait for what it prints
    ],
)
def test_the_helper_takes_a_stream_up(name: str, last: str, server: Running, tmp_path: Path) -> None:
    before, told, after = run(name, server, tmp_path).partition(LEFT)
    assert told
    assert max(numbers(before)) <= 10
    assert all(number > 10 for number in numbers(after.partition(last)[0]))
    assert last in after


def test_a_stream_is_parsed(server: Running, tmp_path: Path) -> None:
    printed = run("streaming", server, tmp_path)
    assert numbers(printed) == sorted(numbers(printed))
    assert "parsed=MathResponse(" in printed


def test_a_stream_of_a_call_is_parsed(server: Running, tmp_path: Path) -> None:
    printed = run("streaming_tools", server, tmp_path)
    assert "ResponseFunctionCallArgumentsDoneEvent(" in printed
    assert "parsed_arguments=Query(" in printed


def test_an_answer_of_a_type_is_parsed(server: Running, tmp_path: Path) -> None:
    assert run("structured_outputs", server, tmp_path).count("answer:  solve 8x + 31 = 2") == 2


def test_a_call_is_the_first_of_the_output_and_is_parsed(server: Running, tmp_path: Path) -> None:
    assert "table name: Table.orders" in run("structured_outputs_tools", server, tmp_path)


def numbers(printed: str) -> Sequence[int]:
    """Give the numbers of the events that were printed; those in a response that closes it are none."""
    return [int(number) for number in NUMBERS.findall(printed)]
