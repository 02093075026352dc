"""The page of the Responses API, as its reader runs it: each program after those before it, by OpenAI's own client."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.kit.servers import served

PAGE = (Path(__file__).parents[2] / "docs/dialects/responses.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each program prints, against a server of its own."""
    folder, found, said = tmp_path_factory.mktemp("page"), dict[str, Any](), list[str]()
    with served(folder / "data") as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        patch.setenv("OPENAI_API_KEY", "none")
        patch.chdir(folder)
        for program in PROGRAMS:
            said.append("")
            if "client = OpenAI()" in program:  # another program than the one before
                found = {}

            def note(*words: Any, end: str = "\n") -> None:
                said[-1] += " ".join(map(str, words)) + end

            found["print"] = note
            exec(compile(program, "docs/dialects/responses.md", "exec"), found)
            if len(said) == 1:
                found["client"].close()
        yield said
        found["client"].close()


def test_its_programs_do_what_they_are_for(printed: list[str]) -> None:
    handed_over, came_back, followed, approved, called = printed
    assert handed_over == ""
    assert followed.strip().endswith(came_back.strip()[-40:])
    assert "moss" in approved
    assert called.strip()
