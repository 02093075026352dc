"""The cookbook scripts that users have run unchanged: the seeds' own bytes, and examples of our wording."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.kit.documents import deck_text
from tests.kit.servers import PATIENCE, served
from tests.kit.shapes import deployed
from walkaway_core.store import api_keys

EXAMPLES = Path(__file__).parents[1] / "examples"
SEEDS = os.environ.get("WALKAWAY_SEEDS", "")

# The pages lost their leading spaces. These are the depths of the code's lines; nothing else is added.
DEPTHS = {
    "000": [0, 0, 0, 0, 0, 1, 1, 2, 1, 1, 1, 2, 2, 3, 4, 1, 1, 2, 2, 3, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 3],
    "001": [0, 0, 0, 0, 0, 1, 1, 2, 1, 1, 2, 2, 3, 4, 1, 1, 2, 2, 3, 2, 2, 2, 1, 1, 1, 1, 2, 2, 3],
}


JOBS_HEADINGS = (
    "Start Server",
    "Submit Job",
    "Idempotency",
    "Polling",
    "SSE Streaming",
    "Webhook Callback",
    "Session Grouping",
    "Cancel Job",
    "List Jobs",
    "Complete Example",
)


def seed(number: str) -> str:
    return next(Path(SEEDS).glob(f"{number}_*.txt")).read_text()


def code(number: str) -> str:
    """Take a seed's code out of its page and give its lines their leading spaces back."""
    page = seed(number)
    if number == "002":
        return page[page.index("import json\nimport os") : page.index("\nOn this page")]
    lines = page[page.index("import os, time, httpx") : page.index("Why this works")].splitlines()
    depths = DEPTHS[number]
    assert len(lines) == len(depths), "the page is not the one that the depths are for"
    script = "\n".join("    " * depth + line for depth, line in zip(depths, lines, strict=True))
    assert re.sub(r"^ +", "", script, flags=re.MULTILINE) == "\n".join(re.sub(r"^ +", "", line) for line in lines)
    ast.parse(script)
    return script


@dataclass(frozen=True)
class Site:
    """Where a script's reader sends it, and with which key."""

    url: str
    key: str = "pk_test_cookbook"
    asks: bool = True
    """Whether a key is needed."""


def run(script: str, server: Site, folder: Path) -> str:
    """Run a script as its reader would: with two variables, in a folder of its own."""
    environ = {**os.environ, "POKEE_API": server.url, "POKEE_KEY": server.key}
    (folder / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["no key", "a key", pytest.param("deployed", marks=pytest.mark.deep)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if request.param == "deployed":
        with deployed("") as stack:
            key, _ = api_keys.create(stack.services.table, stack.clock, "cookbook")
            yield Site(stack.url, key)
        return
    environ = {"WALKAWAY_REHEARSAL_DELAY": "0.001"}
    if request.param == "a key":
        environ["WALKAWAY_KEYS"] = f"{Site.key}=cookbook"
    with served(tmp_path_factory.mktemp("cookbook") / "data", environ=environ) as found:
        yield Site(found.url, asks=request.param == "a key")


needs_seeds = pytest.mark.skipif(not SEEDS, reason="WALKAWAY_SEEDS does not name the folder of the seeds")


def sessions(server: Site) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(
        f"{server.url}/v1/sessions", headers={"X-API-Key": server.key}, timeout=PATIENCE
    ).json()
    return found


@needs_seeds
def test_seed_000_writes_and_downloads_its_report(server: Site, tmp_path: Path) -> None:
    run(code("000"), server, tmp_path)
    report = (tmp_path / "report.md").read_bytes()
    assert b"NVIDIA" in report
    session = sessions(server)[0]["id"]
    url = f"{server.url}/v1/sessions/{session}/files"
    listing = httpx.get(url, headers={"X-API-Key": server.key}, timeout=PATIENCE).json()
    assert {"name": "report.md", "type": "file", "size": len(report)}.items() <= next(
        entry for entry in listing if entry["name"] == "report.md"
    ).items()


@needs_seeds
def test_seed_001_makes_and_downloads_a_presentation(server: Site, tmp_path: Path) -> None:
    run(code("001"), server, tmp_path)
    (deck,) = tmp_path.glob("*.pptx")
    text = deck_text(deck.read_bytes())
    assert text.count("NVIDIA") >= 3
    assert len(text.splitlines()) > 5


@needs_seeds
def test_seed_002_streams_its_poem_and_prints_the_usage(server: Site, tmp_path: Path) -> None:
    printed = run(code("002"), server, tmp_path)
    poem, _, usage = printed.partition("\n\n[done] usage: ")
    assert "persistent storage" in poem.lower()
    assert ast.literal_eval(usage)["output_tokens"] > 0


@needs_seeds
@pytest.mark.parametrize("number", ["000", "001"])
def test_the_seeds_clean_up_lines_work(server: Site, tmp_path: Path, number: str) -> None:
    run(code(number), server, tmp_path)
    page = seed(number)
    lines = re.findall(r'curl -X DELETE [^\\]+\\\n-H "Authorization: Bearer \$POKEE_KEY"', page)
    assert len(lines) == 2
    session = str(sessions(server)[0]["id"])
    environ = {**os.environ, "POKEE_API": server.url, "POKEE_KEY": server.key, "SID": session}
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", f"{line} -sS -w '%{{http_code}}'"], env=environ, capture_output=True, text=True, check=True
        )
        assert done.stdout in ("204", '{"deleted":0}200'), (line, done.stdout)
    assert session not in [record["id"] for record in sessions(server)]


def jobs_code() -> str:
    """Take seed 003's Python, all of it and in its order; `tasks` is the one name that its reader brings."""
    page = seed("003")
    start, end = page.index("import httpx\n\nAPI_URL"), len(page)
    text = page[start:end]
    for heading in JOBS_HEADINGS:
        text = text.replace(f"\n{heading}\n\n", "\n\n", 1)
    shell = "python -m uvicorn praisonai.jobs.server:create_app --port 8005 --factory\n"
    assert shell in text
    return "tasks = ['Write a poem about rain.', 'Write a poem about snow.']\n" + text.replace(shell, "", 1)


@needs_seeds
def test_seed_003_submits_waits_streams_groups_and_cancels(tmp_path: Path) -> None:
    """Its scripts name their server: 127.0.0.1:8005, and no key."""
    environ = {"WALKAWAY_REHEARSAL_DELAY": "0.001", "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}
    with served(tmp_path / "data", "--port", "8005", environ=environ) as found:
        printed = run(jobs_code(), Site(found.url), tmp_path)
        page = httpx.get(f"{found.url}/api/v1/runs", timeout=PATIENCE).json()
    assert '{"status":"succeeded"' in printed, "what the stream said"
    assert printed.strip().splitlines()[-1], "the last script prints its result"
    assert page["total"] == 7
    labels = [job["session_id"] for job in page["jobs"]]
    assert labels.count("project-alpha") == 2


AROUND = """\
import ast, asyncio, os, types
from agentsapi import AgentServiceAPIClient

client = AgentServiceAPIClient(base_url=os.environ["POKEE_API"])
client.set_api_key(os.environ["POKEE_KEY"])
place = {"client": client}
code = compile(open("snippet.py").read(), "snippet.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
asyncio.run(types.FunctionType(code, place)())
print(place["final"].status, place["final"].result)
"""
"""What the page leaves to its reader: the client with its address and key, and a place where `await` may stand."""


@needs_seeds
def test_seed_004_answers_with_the_readers_own_tool(server: Site, tmp_path: Path) -> None:
    """Its snippet to the letter. The page's agent and the tool's definition are made before, as it asks for."""
    page = seed("004")
    snippet = page[page.index("async def get_current_time") : page.index("The same handler shape")]
    (tmp_path / "snippet.py").write_text(snippet)
    definition = {"name": "get_current_time", "description": "Tells the time", "schema_data": {"type": "object"}}
    with httpx.Client(base_url=server.url, headers={"X-API-Key": server.key}, timeout=PATIENCE) as client:
        assert client.post("/v1/agents", json={"name": "YOUR_AGENT_UUID"}).status_code in (201, 409)
        assert client.post("/api/tools/register", json={"tools": [definition]}).status_code == 200
    printed = run(AROUND, server, tmp_path)
    assert re.fullmatch(r"completed The answer is:\n\n20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00\n", printed)


BARE = sorted(path for path in EXAMPLES.glob("*.py") if "from walkaway" not in path.read_text())
"""Those that use nothing but HTTP; tests/client/test_examples.py runs the others."""


@pytest.mark.parametrize("script", BARE, ids=lambda path: path.stem)
def test_our_examples_run(server: Site, tmp_path: Path, script: Path) -> None:
    environ = {**os.environ, "WALKAWAY_URL": server.url, **({"WALKAWAY_KEY": server.key} if server.asks else {})}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"
    assert done.stdout.strip()
    promised = re.findall(r"^Leaves: (\S+)$", script.read_text(), re.MULTILINE)
    assert all(list(tmp_path.glob(name)) for name in promised)
