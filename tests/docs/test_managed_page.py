"""The page of Managed Agents, as its reader runs it: each program after those before it, by the vendor's own client."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.kit.servers import served

PAGE = (Path(__file__).parents[2] / "docs/dialects/managed.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each program prints, against a server of its own."""
    folder, found, said = tmp_path_factory.mktemp("page"), dict[str, Any](), list[str]()
    with served(folder / "data", "--offline") as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", server.url)
        patch.setenv("ANTHROPIC_API_KEY", "none")
        patch.chdir(folder)
        for program in PROGRAMS:
            said.append("")
            if "client = Anthropic()" in program:  # another program than the one before
                if found:
                    found["client"].close()
                found = {}

            def note(*words: Any, end: str = "\n") -> None:
                said[-1] += " ".join(map(str, words)) + end

            found["print"] = note
            exec(compile(program, "docs/dialects/managed.md", "exec"), found)
        yield said
        found["client"].close()


def test_its_programs_do_what_they_are_for(printed: list[str]) -> None:
    handed_over, came_back, followed, answered = printed
    assert handed_over == ""
    assert "moss" in came_back
    assert re.search(r"^moss\.md [1-9]\d*$", came_back, re.MULTILINE)
    assert followed.split()[0] == "user.message"
    assert followed.split()[-1] == "session.status_idle"
    assert "12:04" in answered
