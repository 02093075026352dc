"""A session's page: questions and their answers, what is said meanwhile, files, and sessions that are deleted."""

import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.kit.browsers import Watched, needs_chromium, watching
from tests.kit.hooks import until
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.servers import Running, running
from tests.kit.shapes import MODEL
from walkaway_core.settings import Settings

pytestmark = [needs_chromium, pytest.mark.deep]
ALL = {"read": [""], "write": [""]}
STOCK = {"name": "stock", "description": "Tell how many", "parameters": {"type": "object", "properties": {}}}


def begun(client: httpx.Client, message: str, **settings: object) -> str:
    made = {"model": MODEL, "file_access": ALL, "persistent": True, "ttl": 86400, **settings}
    session: str = client.post("/v1/sessions", json=made).json()["id"]
    told = {"message": message}
    client.post(f"/v1/sessions/{session}/messages", json=told, headers={"Prefer": "respond-async"})
    return session


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_yes_lets_a_tool_run(console: Watched, server: Running, model: MessagesApi, by: str) -> None:
    model.replies = [Reply([call("write_file", path="a.md", content="# A")]), Reply([text("Written.")])]
    with server.client(None) as client:
        session = begun(client, f"Write it, {by}", approve=["write_file"])
        page = console.page
        card = page.locator(".question", has_text=f"Write it, {by}")
        expect(card).to_contain_text("# A")
        expect(page).to_have_title("(1) Walkaway")
        if by == "mouse":
            card.get_by_role("button", name="Approve").click()
        else:
            card.focus()
            page.keyboard.press("a")
        expect(card).to_have_count(0)
        expect(page).to_have_title("Walkaway")
        expect(page.locator("li.card", has_text=f"Write it, {by}")).to_contain_text("a.md")
        assert client.get(f"/v1/sessions/{session}/files/a.md").text == "# A"


def test_a_no_tells_the_model_why(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("write_file", path="b.md", content="# B")]), Reply([text("Then not.")])]
    with server.client(None) as client:
        console.go(f"s/{begun(client, 'Write b', approve=['write_file'])}")
    page = console.page
    page.locator(".question").focus()
    page.keyboard.press("d")
    expect(page.get_by_label("Why not? The agent is told")).to_be_focused()
    page.keyboard.type("not on a Friday")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.text")).to_contain_text("Then not.")
    expect(page.locator(".entry.call .mark.failed")).to_have_count(1)
    assert "not on a Friday" in str(model.requests[-1])


QUESTIONS: dict[str, tuple[Block, dict[str, object], str]] = {
    "a": (call("write_file", path="k.md", content="# K"), {"approve": ["write_file"]}, ""),
    "d": (call("write_file", path="k.md", content="# K"), {"approve": ["write_file"]}, "not by hand"),
    "answer": (call("stock"), {"tools": [STOCK]}, "12 pieces"),
}


@pytest.mark.parametrize("where", ["inbox", "session"])
def test_questions_are_answered_by_keyboard_alone(
    console: Watched, server: Running, model: MessagesApi, where: str
) -> None:
    page, keys = console.page, console.page.keyboard
    card = page.locator(".question")
    with server.client(None) as client:
        client.delete("/v1/sessions", params={"older_than": "0s"}).raise_for_status()
        for what, (asks, settings, words) in QUESTIONS.items():
            model.requests.clear()
            model.replies = [Reply([asks]), Reply([text("Well.")])]
            session = begun(client, what, **settings)
            console.go("" if where == "inbox" else f"s/{session}")
            expect(card).to_have_count(1)
            keys.press("Escape")
            keys.press("w")
            expect(card).to_be_focused()
            keys.press("g")
            keys.press("a")
            expect(page.get_by_role("heading", level=1, name="Agents")).to_be_visible()
            page.go_back()
            expect(card).to_have_count(1)
            keys.press("w")
            keys.press(what[0])
            if words:
                expect(card.locator("textarea")).to_be_focused()
                keys.press("Escape")
                expect(card).to_be_focused()
                keys.press(what[0])
                keys.type(words)
                keys.press("Control+Enter")
            expect(card).to_have_count(0)
            until(lambda: not client.get(f"/v1/sessions/{session}").json()["busy"])  # noqa: B023 - at once
            assert words in str(model.requests[-1])
            assert len(model.requests) == 2


def test_an_answer_is_given_for_a_tool_of_the_callers(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("stock")]), Reply([text("There are 12.")])]
    with server.client(None) as client:
        console.go(f"s/{begun(client, 'How many?', tools=[STOCK])}")
    page = console.page
    page.get_by_label("What stock gives").fill("12 pieces")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".entry.text")).to_contain_text("There are 12.")
    assert "12 pieces" in str(model.requests[-1])


@pytest.mark.parametrize(("how", "said"), [("Tell it now", "steered"), ("Queue", "queued"), ("Interrupt", "cancelled")])
def test_what_is_said_meanwhile(console: Watched, server: Running, model: MessagesApi, how: str, said: str) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("one two three")], gate=gate), Reply([text("four")])]
    with server.client(None) as client:
        session = begun(client, "Begin")
        console.go(f"s/{session}")
        page = console.page
        expect(page.locator(".entry.text")).to_have_count(1)
        page.get_by_label(how, exact=True).check()
        page.get_by_label("Say something meanwhile …").fill("And this, too")
        page.get_by_role("button", name="Send").click()
        if said != "steered":
            expect(page.locator(".turns .mark.queued" if said == "queued" else ".turns .mark.cancelled")).to_have_count(
                1
            )
        else:
            expect(page.locator(".said")).to_contain_text("It is told at the next step")
        gate.set()
        expect(page.locator(".turn", has_text="four")).to_have_count(1)
        expect(page.locator(".you", has_text="And this, too")).to_have_count(1)
        expect(page.locator(".turns .mark.completed")).to_have_count({"queued": 2}.get(said, 1))
        expect(page.locator(".turns .mark.cancelled")).to_have_count(1 if said == "cancelled" else 0)


def test_a_turn_is_cancelled_when_that_is_meant(console: Watched, server: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("one two three")], gate=gate)]
    with server.client(None) as client:
        console.go(f"s/{begun(client, 'Begin')}")
    page = console.page
    expect(page.locator(".entry.text")).to_have_count(1)
    expect(page.locator(".turns .mark.running")).to_have_count(1)
    page.locator("main").focus()
    page.keyboard.press("x")
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator(".turns .mark.running")).to_have_count(1)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the turn").click()
    expect(page.locator(".ending")).to_have_text("Cancelled.")
    gate.set()


def test_files_are_dropped_and_each_kind_is_shown(
    console: Watched, server: Running, model: MessagesApi, tmp_path: Path
) -> None:
    model.replies = [Reply([text("Thank you.")])]
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001"
        "0d0a2db40000000049454e44ae426082"
    )
    files = {
        "a.png": (pixel, "picture"),
        "b.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "drawing"),
        "c.csv": (b'a,b\n1,"2, or 3"\n', "table"),
        "d.json": (b'{"a": [1, 2]}', "json"),
        "e.md": (b"# Title\n\n- [x] done\n", "markdown"),
        "f.txt": (b"plain", "text"),
        "g.pdf": (b"%PDF-1.4\n%%EOF", "pdf"),
        "h.bin": (bytes(range(256)), "bytes"),
        "i.html": (b"<h1>HTML</h1>", "text"),
    }
    page = console.page
    page.get_by_label("What shall I do?").fill("Look at these")
    page.locator(".composer input[type=file]").set_input_files(
        [
            FilePayload(name=name, mimeType="application/octet-stream", buffer=body)
            for name, (body, _) in files.items()
            if name not in {"a.png", "g.pdf", "h.bin"}
        ]
    )
    page.evaluate(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], name));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
            document.querySelector(".composer").dispatchEvent(drop);
        }""",
        ["a.png", list(pixel)],
    )
    expect(page.locator(".composer .chip")).to_have_count(7)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".standing")).to_contain_text("done")
    expect(page.locator("h1")).to_have_text("Look at these")
    expect(page.locator(".given .chip")).to_have_count(7)
    session = page.url.rpartition("/")[2]
    with server.client(None) as client:
        assert client.get(f"/v1/sessions/{session}/files/uploads/a.png").content == pixel
        for name in ("g.pdf", "h.bin"):
            client.put(f"/v1/sessions/{session}/files/uploads/{name}", content=files[name][0])
    for name, (_, kind) in files.items():
        console.go(f"s/{session}?file=uploads%2F{name}")
        expect(page.locator(f".file[aria-label='uploads/{name}'] .preview")).to_have_attribute("data-kind", kind)
    console.go(f"s/{session}?file=uploads%2Fc.csv")
    expect(page.locator("td").nth(1)).to_have_text("2, or 3")
    console.go(f"s/{session}?file=uploads%2Fnone.txt")
    expect(page.locator(".file .wrong")).to_contain_text("There is no")


def test_sessions_are_found_and_deleted_by_the_dozen(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("Yes.")])]
    with server.client(None) as client:
        made = [begun(client, f"Number {number} of the dozen") for number in range(3)]
        console.go("sessions")
        page = console.page
        field = page.get_by_label("Filter by title or agent")
        expect(field).to_be_visible()
        page.keyboard.press("/")
        expect(field).to_be_focused()
        page.keyboard.type("of the dozen")
        expect(page.locator(".row-of")).to_have_count(3)
        for number in (0, 2):
            page.get_by_label(f"Choose Number {number} of the dozen").check()
        page.get_by_role("button", name="Delete 2 sessions").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator(".row-of")).to_have_count(1)
        assert [client.get(f"/v1/sessions/{each}").status_code for each in made] == [404, 200, 404]


def test_sessions_are_found_by_the_name_of_their_agent(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("Yes.")])]
    with server.client(None) as client:
        client.post("/v1/agents", json={"name": "librarian", "model": MODEL}).raise_for_status()
        begun(client, "Whoever")
        made = {"agent": "librarian", "persistent": True}
        session = client.post("/v1/sessions", json=made).json()["id"]
        told = {"message": "Shelve it"}
        client.post(f"/v1/sessions/{session}/messages", json=told).raise_for_status()
    console.go("sessions?q=librar")
    expect(console.page.locator(".row-of")).to_have_count(1)
    expect(console.page.locator(".row-of a")).to_have_attribute("href", f"#/s/{session}")


def test_older_sessions_are_found_by_agent_and_by_how_they_stand(
    browser: Browser, model: MessagesApi, tmp_path: Path
) -> None:
    settings = Settings(base_url=model.url, rehearsal_delay=0)
    with running(tmp_path / "data", settings) as server, server.client(None) as client:
        client.post("/v1/agents", json={"name": "librarian"}).raise_for_status()
        shelved, other = (client.post("/v1/sessions", json={"agent": "librarian"}).json()["id"] for _ in range(2))
        for session, message in ((shelved, "Shelve it"), (other, "Refuse this, which is cyber")):
            client.post(f"/v1/sessions/{session}/messages", json={"message": message}).raise_for_status()
        for _ in range(100):
            client.post("/v1/sessions").raise_for_status()
        with watching(browser, f"{server.url}/console/#/sessions") as console:
            page = console.page
            rows = page.locator(".row-of a")
            expect(rows).to_have_count(100)
            page.get_by_label("Filter by title or agent").fill("librar")
            expect(rows).to_have_count(2)
            page.get_by_label("Filter by title or agent").fill("")
            expect(rows).to_have_count(102)
            page.reload()
            expect(rows).to_have_count(100)
            page.get_by_role("button", name="Failed").click()
            expect(rows).to_have_count(1)
            expect(rows).to_have_attribute("href", f"#/s/{other}")
            page.get_by_role("button", name="All", exact=False).first.click()
            page.get_by_label("Agent", exact=True).select_option("librarian")
            expect(rows).to_have_count(2)
            expect(page.locator(".row-of").first).to_contain_text("librarian")


def test_what_could_not_be_deleted_says_why_in_its_row(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("Yes.")])]
    with server.client(None) as client:
        session = begun(client, "Keep me for now")
    page = console.page
    console.go("sessions?q=Keep me")
    page.get_by_label("Choose Keep me for now").check()
    page.context.set_offline(True)
    page.get_by_role("button", name="Delete 1 session").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".row-of .wrong")).not_to_be_empty()
    page.context.set_offline(False)
    with server.client(None) as client:
        assert client.get(f"/v1/sessions/{session}").status_code == 200


def test_a_long_session_is_drawn_from_its_end(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("word " * 2000)], pieces=1), Reply([text("Yes.")])]
    with server.client(None) as client:
        made = {"model": MODEL, "persistent": True, "ttl": 86400}
        session = client.post("/v1/sessions", json=made).json()["id"]
        for number in range(24):
            client.post(f"/v1/sessions/{session}/messages", json={"message": f"Number {number}"}).raise_for_status()
    console.go(f"s/{session}")
    page = console.page
    expect(page.locator(".turns .mark.completed")).to_have_count(24)
    expect(page.locator(".turn")).to_have_count(20)
    expect(page.locator(".turn").last).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show 4 earlier turns")).to_have_count(1)
    page.locator(".conversation .scroll").focus()
    page.keyboard.press("Home")
    expect(page.locator(".turn")).to_have_count(24)
    expect(page.locator(".turn").first.locator(".prose")).to_contain_text("word word")
    page.locator(".turns button").first.click()
    expect(page.locator(".turn").first).to_be_in_viewport()
    model.replies = [Reply([text("A new one.")])]
    with server.client(None) as client:
        client.post(f"/v1/sessions/{session}/messages", json={"message": "One more"}).raise_for_status()
    page.get_by_role("button", name="To the end · 1 new").click()
    expect(page.locator(".turn").last).to_be_in_viewport()


def test_a_turn_is_gone_on_with_elsewhere(console: Watched, server: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("one two three")], gate=gate)]
    with server.client(None) as client:
        session = begun(client, "Begin")
    console.go(f"s/{session}?side=facts")
    page = console.page
    expect(page.locator(".entry.text")).to_have_count(1)
    pre = page.get_by_role("region", name="Continue in …").locator("pre")
    expect(pre).to_contain_text("--from")
    ways = {}
    for name in ("walkaway", "curl", "Python"):
        page.get_by_label("Continue in", exact=True).select_option(name)
        ways[name] = pre.inner_text()
    lines = {
        "walkaway": ["bash", "-c", f"{sys.executable} -m {ways['walkaway']} --events --until-done"],
        "curl": ["bash", "-c", f"{ways['curl']} --silent --noproxy '*'"],
        "Python": [sys.executable, "-c", ways["Python"]],
    }
    running = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for line in lines.values()]
    gate.set()
    for each in running:
        told, _ = each.communicate(timeout=60)
        assert "message.completed" in told
        assert "message.created" not in told
    expect(pre).not_to_contain_text("--from")
