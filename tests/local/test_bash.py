"""The agent's bash over HTTP, in bubblewrap: output, exit codes, files, scopes, two sessions in one workspace."""

import io
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.agents import Agent
from tests.kit.messages_api import MessagesApi, Reply, call
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import KEYS, Running, running
from walkaway_core.agent.tools.output import HEAD, TAIL
from walkaway_core.settings import Settings
from walkaway_local.sandbox import bubblewrap

pytestmark = needs_bubblewrap


@pytest.fixture
def web(scripted: Running) -> Iterator[httpx.Client]:
    with scripted.client() as found:
        yield found


@pytest.fixture
def agent(web: httpx.Client, model: MessagesApi) -> Agent:
    return Agent(web, model)


def test_output_exit_code_and_place(agent: Agent) -> None:
    assert agent.bash("pwd; echo oops >&2; exit 3") == "exit code 3\n/opt/sandbox/workspace\noops"
    assert agent.bash("true") == "exit code 0"
    assert agent.bash("nonsense") == "exit code 127\nbash: line 1: nonsense: command not found"


def test_a_command_that_closes_its_output_goes_on(agent: Agent) -> None:
    said = agent.bash("echo begun; exec >&- 2>&-; sleep 1; echo late > late.txt; exit 4")
    assert said == "exit code 4\nbegun\n[written: late.txt]"


def test_files_go_in_and_come_out_and_processes_do_not_stay(agent: Agent) -> None:
    agent.put("in/a.txt", b"one")
    said = agent.bash("cat in/a.txt; echo two > in/a.txt; mkdir out; echo new > out/b.txt; sleep 100 & disown")
    assert said == "exit code 0\none\n[written: in/a.txt, out/b.txt]"
    assert (agent.get("in/a.txt").content, agent.get("out/b.txt").content) == (b"two\n", b"new\n")
    assert agent.bash("cat out/b.txt; rm -r in; pgrep sleep") == "exit code 1\nnew\n[deleted: in/a.txt]"
    assert agent.names() == ["out"]


def test_names_that_are_not_clean_are_not_kept_and_the_rest_is(agent: Agent) -> None:
    told = agent.bash(r"touch $'caf\xe9' $'\xe2\x80\xae' $'\xc2\x9b31m' $'a\nb' good 👩‍👧")
    assert told.startswith("exit code 0\n[written: good, 👩‍👧]\n")
    assert told.count("[not kept: ") == 4
    assert told.replace("\n", "").replace("\u200d", "").isprintable()
    assert agent.names() == ["good", "👩‍👧"]


def test_a_file_deeper_than_commands_go_stops_none_of_them(agent: Agent, scripted: Running) -> None:
    deep = "d/" * 460 + "f"
    scripted.stack.services.workspace.write("alpha/files", deep, [b"uploaded once"])
    told = agent.bash("sleep 1; echo d*; echo new > new.txt", timeout=10)
    assert told == "exit code 0\nd*\n[written: new.txt]"
    assert agent.get(deep).text == "uploaded once"


def test_a_file_becomes_a_directory_and_the_other_way_round(agent: Agent) -> None:
    agent.put("a", b"file")
    agent.put("b/c", b"below")
    agent.bash("rm a; mkdir a; echo 1 > a/x; rm -r b; echo 2 > b")
    assert (agent.get("a/x").content, agent.get("b").content) == (b"1\n", b"2\n")


def test_a_command_that_takes_too_long_is_killed_and_what_it_did_is_kept(agent: Agent) -> None:
    said = agent.bash("echo begun; echo half > half.txt; sleep 60", timeout=1)
    assert said == "killed: it took more than 1 seconds\nbegun\n[written: half.txt]"
    assert agent.get("half.txt").content == b"half\n"


def test_long_output_keeps_its_ends_and_the_rest_is_a_file(agent: Agent) -> None:
    said = agent.bash("echo begin; seq 1 20000; echo end")
    assert said.startswith("exit code 0\nbegin\n1\n2\n")
    assert len(said) < HEAD + TAIL + 500
    assert "bytes left out" in said
    path = said.rpartition("/opt/sandbox/workspace/")[2].rstrip("]")
    assert agent.get(path).text == "begin\n" + "".join(f"{n}\n" for n in range(1, 20001)) + "end\n"


def test_readers_see_output_while_it_runs(agent: Agent) -> None:
    events = agent.events("for i in 1 2 3; do echo line $i; sleep 1.1; done")
    told = [event.data["content"] for event in events if event.event == "tool_use.progress"]
    assert len(told) >= 2
    assert told[0].startswith("line 1")
    assert "".join(told) in "line 1\nline 2\nline 3\n"


def test_a_cancel_kills_the_command(agent: Agent) -> None:
    agent.api.replies = [Reply([call("bash", command="touch mark; sleep 61.7; touch late")])]
    url = f"/v1/sessions/{agent.session}/messages"
    accepted = agent.client.post(url, json={"message": "go"}, headers={"Prefer": "respond-async"}).json()
    deadline = time.monotonic() + 20
    while not sleeping("61.7"):
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)
    agent.client.post(f"/v1/sessions/{agent.session}/responses/{accepted['response_id']}/cancel")
    while sleeping("61.7"):
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)
    assert agent.names() == [], "a cancelled command has written something"


class TestScopes:
    def test_what_may_only_be_read_is_read_only(self, web: httpx.Client, model: MessagesApi) -> None:
        whole = Agent(web, model)
        for path in ("in/a.txt", "out/b.txt", "secret/c.txt"):
            whole.put(path, b"x")
        agent = Agent(web, model, file_access={"read": ["in", "out"], "write": ["out", "new.txt"]})
        assert agent.bash("ls -d *; ls secret") == (
            "exit code 2\nin\nout\nls: cannot access 'secret': No such file or directory"
        )
        assert "Read-only" in agent.bash("echo y > in/a.txt")
        assert "Read-only" in agent.bash("rm -f in/a.txt")
        assert "Read-only" in agent.bash("touch in/new")
        assert "[written: new.txt, out/b.txt]" in agent.bash("echo y > out/b.txt; echo z > new.txt")
        said = agent.bash("echo z > elsewhere.txt")
        assert "elsewhere.txt" in said
        assert "not kept" in said
        assert whole.names() == ["in", "new.txt", "out", "secret"]
        assert (whole.get("in/a.txt").content, whole.get("secret/c.txt").content) == (b"x", b"x")

    def test_where_one_may_only_write_nothing_is_seen(self, web: httpx.Client, model: MessagesApi) -> None:
        Agent(web, model).put("drop/old.txt", b"old")
        agent = Agent(web, model, file_access={"read": [], "write": ["drop"]})
        assert agent.bash("ls drop; echo new > drop/new.txt") == "exit code 0\n[written: drop/new.txt]"

    def test_too_much_to_read_says_how_to_narrow_it(self, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
        agent.put("a", b"1")
        agent.put("b", b"22")
        monkeypatch.setattr("walkaway_core.ports.sandbox.MOST", 1)
        told = agent.bash("ls")
        assert "file_access" in told
        assert "the largest that was seen is 'b' with 2 bytes" in told


class TestTwoSessions:
    def test_what_the_other_has_changed_is_not_overwritten_unseen(self, web: httpx.Client, model: MessagesApi) -> None:
        one, two = Agent(web, model), Agent(web, model)
        for path in ("changed.txt", "deleted.txt", "made.txt"):
            if path != "made.txt":
                one.put(path, b"old")
        with ThreadPoolExecutor(1) as pool:
            said = pool.submit(
                one.bash,
                "touch began; sleep 61.3 & for f in changed made; do echo mine > $f.txt; done; rm deleted.txt;"
                " while ! false; do sleep 0.1; [ $SECONDS -gt 2 ] && break; done; kill %1",
            )
            deadline = time.monotonic() + 20
            while not sleeping("61.3"):
                assert time.monotonic() < deadline
                threading.Event().wait(0.02)
            for path in ("changed.txt", "deleted.txt", "made.txt"):
                two.put(path, b"theirs")
            result = said.result(60)
        for path in ("changed.txt", "deleted.txt", "made.txt"):
            assert two.get(path).content == b"theirs", path
        kept = [name for name in two.names() if ".conflict-" in name]
        assert [name.partition(".")[0] for name in kept] == ["changed", "made"]
        for name in kept:
            assert two.get(name).content == b"mine\n"
            assert f"their version is at {name.partition('.')[0]}.txt, yours is kept at {name}" in result
        assert "deleted.txt was not deleted" in result


def sleeping(seconds: str) -> bool:
    """Whether some `sleep` of this many seconds runs on this machine."""
    return subprocess.run(["pgrep", "-f", f"^sleep {seconds}$"], capture_output=True, check=False).returncode == 0


def test_documents_and_charts_can_be_made(client: httpx.Client) -> None:
    session = sse.new(client, persistent=True)
    events = sse.send(client, session, "Draw me a chart, make a plot of rainfall and save it to charts/rain.png")
    assert events[-1].event == "message.completed"
    results = [event.data for event in events if event.event == "tool_result"]
    assert not any(result["is_error"] for result in results), results
    image = client.get(f"/v1/sessions/{session}/files/charts/rain.png").content
    assert image.startswith(b"\x89PNG"), results
    code = (
        "import docx, openpyxl, pptx, io; docx.Document().save('a.docx'); openpyxl.Workbook().save('a.xlsx'); "
        "pptx.Presentation().save('a.pptx')"
    )
    sse.send(client, session, f'Run `python -c "{code}"`')
    for name in ("a.docx", "a.xlsx", "a.pptx"):
        content = client.get(f"/v1/sessions/{session}/files/{name}").content
        assert io.BytesIO(content).read(2) == b"PK", name


def test_without_bubblewrap_there_is_no_bash_and_everyone_is_told(
    model: MessagesApi, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "NEEDED", ("bwrap-is-not-there",))
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings) as server, server.client() as client:
        agent = Agent(client, model)
        said = agent.bash("touch mark")
        assert "There is no tool 'bash'" in said
        assert "apt-get install bubblewrap" in said
        assert "bash" not in [tool["name"] for tool in model.requests[0]["tools"]]
        assert "no bash" in model.requests[0]["system"][0]["text"]
        assert agent.names() == []


def test_no_network_unless_session_and_server_allow_it(model: MessagesApi, tmp_path: Any) -> None:
    probe = "python -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('reached')\""
    for allowed, asked, reached in ((True, True, True), (True, False, False)):
        settings = Settings(model="test-model", base_url=model.url, keys=KEYS, sandbox_network=allowed)
        with running(tmp_path / f"{allowed}{asked}", settings) as server, server.client() as client:
            agent = Agent(client, model, network=asked)
            said = agent.bash(probe.format(port=server.url.rpartition(":")[2]))
            assert ("reached" in said.splitlines()) == reached, said
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "none", settings) as server, server.client() as client:
        assert "gives no network" in Agent(client, model, network=True).bash("true")


def test_folders_that_somebody_has_removed_are_made_again(tmp_path: Path, model: MessagesApi) -> None:
    data = tmp_path / "data"
    with running(data, Settings(model="test-model", base_url=model.url, keys=KEYS)) as server, server.client() as web:
        agent = Agent(web, model)
        for name in ("workspace", "sandbox", "workspace/.staging"):
            agent.put("there.txt", b"x")
            shutil.rmtree(data / name)
            assert agent.bash("echo y > made.txt") == "exit code 0\n[written: made.txt]"
            assert agent.get("made.txt").content == b"y\n"
            shutil.rmtree(data / name)
            uploaded = web.post("/api/workflow/upload-run-input", files={"file_1": ("a.txt", b"a")})
            assert agent.get(uploaded.json()["reference"]).content == b"a"
            assert web.get("/health").is_success
