"""The engine and what it stands on speak no dialect's words: who reads them need not know any other product."""

import re
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "layers/core/walkaway_core"
ROOMS = ("agent", "doors", "engine", "log", "notify", "ports", "store")
WORDS = re.compile(
    r"praison|sudoiq|agentserviceapi|openai|managed.agents|recipe|\bjobs?\b|\bjob_|\brun_id|\brun_index|\btask_id|\btask_index"
    r"|#RUNS|RUN#|RUNCOUNT|#TASKS|TASK#|dialects\.(native|runs|workflows)",
    re.IGNORECASE,
)
FILES = [found for room in ROOMS for found in (CORE / room).rglob("*.py")]


@pytest.mark.parametrize("file", FILES, ids=[str(found.relative_to(CORE)) for found in FILES])
def test_a_room_below_the_dialects_speaks_none_of_their_words(file: Path) -> None:
    said = [line for line in file.read_text().splitlines() if WORDS.search(line)]
    assert said == []


@pytest.mark.parametrize("dialect", ["runs", "workflows"])
def test_the_words_are_those_that_dialects_speak(dialect: str) -> None:
    """Words that stand in no dialect any more would be looked for in vain."""
    assert any(WORDS.search(file.read_text()) for file in (CORE / "dialects" / dialect).glob("*.py"))
