"""What a server, a file, or somebody who types may do to the console: there is a sentence for it; the page lives on."""

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Request, expect

from tests.console.test_session import ALL, begun
from tests.kit.browsers import Watched, needs_chromium, watching
from tests.kit.clock import ShiftedClock
from tests.kit.hooks import until
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.restarts import restarted
from tests.kit.servers import Running, listening
from tests.kit.shapes import MODEL
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.ports import paths
from walkaway_core.settings import Settings
from walkaway_core.store import api_keys
from walkaway_local.stack import LocalStack

pytestmark = [needs_chromium, pytest.mark.deep]
LARGE = 200_000_000
SIDE = 20_000
"""Points, of a picture that has as many lines."""
PNG = bytes.fromhex("89504e470d0a1a0a")


def ranges(page: Page) -> list[str]:
    """Note which parts of files are asked for, from now on."""
    found: list[str] = []

    def note(asked: Request) -> None:
        if "/files/" in asked.url:
            found.append(asked.headers.get("range", "all"))

    page.on("request", note)
    return found


def alive(page: Page) -> None:
    """Raises AssertionError where the page does not draw another one."""
    for name in ("Sessions", "Files", "Inbox"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        expect(page.locator("main h1")).to_have_count(1)
    expect(page.get_by_label("What shall I do?")).to_be_visible()


def placed(server: Running, name: str, head: bytes, size: int) -> None:
    """Put a file of any size into the workspace, as a command may; what is behind its beginning takes no room."""
    root = server.stack.services.workspace._folder / paths.files("local")  # type: ignore[attr-defined]
    root.mkdir(parents=True, exist_ok=True)
    with (root / name).open("wb") as file:
        file.write(head)
        file.truncate(size)


def test_a_server_that_is_gone_for_minutes(browser: Browser, tmp_path: Path) -> None:
    with restarted(tmp_path / "data") as server, watching(browser) as console:
        page = console.page
        page.clock.install()
        page.goto(f"{server.url}/console/")
        expect(page.get_by_label("What shall I do?")).to_be_visible()
        page.get_by_label("What shall I do?").fill("Half a thought")
        server.kill()
        expect(page.locator(".banner")).to_contain_text("The server does not answer")

        def tries() -> int:
            return sum(asked.endswith("/v1/me") for asked in console.requests)

        def more(before: int) -> bool:
            page.clock.run_for(1_000)  # what a page asks is told only while the page is told something
            return tries() > before

        for _ in range(12):
            before = tries()
            page.clock.run_for(10_000)
            until(partial(more, before))
        expect(page.locator(".banner .count")).to_have_text(re.compile(r"Next try in ([1-9]|10) s|Trying …"))
        console.go("files")
        expect(page.locator(".wrong")).to_have_text("The server did not answer.")
        alive(page)
        expect(page.get_by_label("What shall I do?")).to_have_value("Half a thought")
        console.go("files")
        server.start()

        def back() -> bool:
            page.clock.run_for(10_000)
            return page.locator(".banner p").count() == 0

        until(back)
        expect(page.locator(".banner")).to_be_empty()
        expect(page.get_by_text("Nothing is here")).to_be_visible()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_in_whose_place_another_one_answers_is_gone(console: Watched, status: int) -> None:
    page = console.page
    page.route("**/v1/**", lambda route: route.fulfill(status=status, body="<h1>Bad gateway</h1>"))
    console.go("files")
    expect(page.locator(".banner")).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".banner")).to_contain_text("The server does not answer")
    page.unroute("**/v1/**")
    expect(page.locator(".banner")).to_be_empty()
    expect(page.locator(".wrong")).to_have_count(0)


def test_a_page_whose_file_does_not_come(console: Watched) -> None:
    page = console.page
    page.route("**/console/part.*.js", lambda route: route.abort())
    console.go("schedules")
    expect(page.locator(".wrong")).to_contain_text("could not be loaded")
    alive(page)
    page.unroute("**/console/part.*.js")
    console.go("schedules")
    page.get_by_role("button", name="Load the console anew").click()
    expect(page.get_by_role("heading", name="Schedules")).to_be_visible()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[LocalStack, ShiftedClock, str]]:
    """A server whose keys are in its table, as `walkaway keys` makes them; and the clock by which it forgets them."""
    clock = ShiftedClock()
    made = LocalStack(tmp_path / "data", Settings(rehearsal_delay=0))
    made.run()
    with listening(create_app(made.services, Keyring({}, made.services.table, clock), DIALECTS)) as url:
        yield made, clock, url
    made.close()


@pytest.mark.parametrize("place", ["session", "files"])
def test_a_key_that_is_revoked_while_the_page_is_open(
    browser: Browser, stack: tuple[LocalStack, ShiftedClock, str], place: str
) -> None:
    made, clock, url = stack
    table = made.services.table
    key, record = api_keys.create(table, made.services.clock, "alice", "laptop")
    other, _ = api_keys.create(table, made.services.clock, "bob", "desk")
    with watching(browser, f"{url}/console/") as console:
        page = console.page

        def sign_in(by: str) -> None:
            page.get_by_label("API key").fill(by)
            page.get_by_role("button", name="Sign in").click()

        sign_in(key)
        page.get_by_label("What shall I do?").fill("Say hello")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".standing")).to_contain_text("done")
        if place == "files":
            console.go("files/deep")
        there = page.url
        api_keys.revoke(table, record.id)
        clock.ahead += 60
        if place == "files":  # which asks every 25 seconds, and when somebody comes back
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_role("alert")).to_contain_text("opens nothing here", timeout=30_000)
        assert page.locator("main:not(.signin)").count() == 0
        again, _ = api_keys.create(table, made.services.clock, "alice", "laptop")
        sign_in(again)
        expect(page.locator("main h1")).to_contain_text("Say hello" if place == "session" else "Files")
        assert page.url == there
        console.go("settings")
        page.get_by_role("button", name="Sign out of this device").click()
        sign_in(other)
        console.go("sessions")
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        assert page.get_by_text("Say hello").count() == 0  # which is another tenant's


def test_a_session_that_is_deleted_elsewhere(console: Watched, server: Running, model: MessagesApi) -> None:
    page = console.page
    model.replies = [Reply([text("So"), call("write_file", path="a.md", content="# A")])]
    with server.client(None) as client:
        session = begun(client, "Write it down", approve=["write_file"])
        console.go(f"s/{session}")
        expect(page.locator(".question")).to_be_visible()
        page.locator(".reply textarea").fill("Half a thought")
        client.delete(f"/v1/sessions/{session}").raise_for_status()
    expect(page.locator(".standing")).to_have_text("This session is gone.")
    expect(page.locator("h1")).to_contain_text("Write it down")
    expect(page.locator(".you")).to_contain_text("Write it down")
    expect(page.locator(".question, .at-work, .composer")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Begin a new session with what you have written").click()
    expect(page.get_by_label("What shall I do?")).to_have_value("Half a thought")
    console.go(f"s/{session}")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such session.")
    expect(page.get_by_role("tab")).to_have_count(0)
    alive(page)


def test_a_turn_that_fails_says_why_and_is_sent_again(console: Watched, server: Running, model: MessagesApi) -> None:
    page = console.page
    refusal = Reply(status=400, error="this prompt is odd", kind="invalid_request_error")
    model.replies = [refusal, Reply([text("Now it went.")])]
    with server.client(None) as client:
        session = begun(client, "Do something odd")
        turn = until(lambda: client.get(f"/v1/sessions/{session}").json()["last_response"])["id"]
        record = client.get(f"/v1/sessions/{session}/responses/{turn}").json()
    console.go(f"s/{session}")
    expect(page.locator(".ending.failed")).to_contain_text(record["error"])
    expect(page.locator(".ending.failed code")).to_have_text(record["error_code"])
    page.locator(".ending").get_by_role("button", name="Send again").click()
    expect(page.locator(".turn", has_text="Now it went.")).to_have_count(1)
    expect(page.locator(".you")).to_have_text(["You: Do something odd"] * 2)
    alive(page)


def test_files_that_came_with_a_message_are_shown_and_go_with_it_again(
    console: Watched, server: Running, model: MessagesApi
) -> None:
    page = console.page
    refusal = Reply(status=400, error="this prompt is odd", kind="invalid_request_error")
    model.replies = [refusal, Reply([text("Now it went.")])]
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"model": MODEL, "file_access": ALL}).json()["id"]
        console.go(f"s/{session}")
        named = [FilePayload(name=name, mimeType="", buffer=body) for name, body in (("a.txt", b"A"), ("b.bin", b"\0"))]
        page.locator(".composer input[type=file]").set_input_files(named)
        page.get_by_label("Say more …").fill("Do something odd")
        page.get_by_role("button", name="Send").click()
        for turns in (1, 2):
            expect(page.get_by_role("group", name="What came with it")).to_have_count(turns)
            expect(page.locator(".you").last).to_have_text("You: Do something odd")
            expect(page.locator(".given").last.locator(".chip")).to_have_text(["a.txt", "b.bin"])
            if turns == 1:
                page.reload()
                page.get_by_role("button", name="Send again").click()
        expect(page.locator(".turn", has_text="Now it went.")).to_have_count(1)
        blocks = [each["content"] for each in client.get(f"/v1/sessions/{session}/messages").json() if not each["step"]]
    assert [block["type"] for block in blocks[-1]] == ["document", "text"]
    assert blocks[0] == blocks[-1]
    page.locator(".given").last.get_by_title("Look at uploads/a.txt").click()
    expect(page.locator(".preview pre")).to_have_text("A")


def test_what_was_sent_with_bytes_alone_is_not_sent_again(
    console: Watched, server: Running, model: MessagesApi
) -> None:
    page = console.page
    model.replies = [Reply(status=400, error="this prompt is odd", kind="invalid_request_error")]
    picture = {"media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"model": MODEL}).json()["id"]
        told = {"message": "What is it?", "attachments": [picture]}
        client.post(f"/v1/sessions/{session}/messages", json=told).raise_for_status()
    console.go(f"s/{session}")
    expect(page.locator(".given .chip")).to_have_text(["1 picture"])
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".said .wrong")).to_contain_text("A picture came with it that is nowhere in the workspace")


def test_a_small_file_that_is_a_large_picture_is_not_drawn(console: Watched, server: Running) -> None:
    page = console.page
    head = struct.pack(">4sIIBBBBB", b"IHDR", SIDE, SIDE, 1, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes((1 + SIDE // 8) * SIDE), 9)
    parts = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, data, b"IEND")
    ]
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={}).json()["id"]
        for name, body in (("all.png", PNG + b"".join(parts)), ("all.md", b"![a](bomb/all.png)")):
            client.put(f"/v1/sessions/{session}/files/bomb/{name}", content=body).raise_for_status()
    console.go("files/bomb")
    page.get_by_role("button", name="all.png", exact=True).click()
    expect(page.locator(".preview")).to_contain_text("It has 400.0M points; up to 100.0M are shown here.")
    page.get_by_role("button", name="all.md", exact=True).click()
    expect(page.locator(".preview .prose")).to_have_text("[a]")
    expect(page.locator("main img")).to_have_count(0)
    alive(page)


def test_a_file_of_200_mb_is_not_sent(console: Watched, tmp_path: Path) -> None:
    page = console.page
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(LARGE)
    sentence = "large.bin has 200.0 MB; a file that is sent may have 100.0 MB. It is left out."
    page.locator(".composer input[type=file]").set_input_files(tmp_path / "large.bin")
    expect(page.locator(".said .wrong")).to_have_text(sentence)
    expect(page.locator(".composer .chip")).to_have_count(0)
    console.go("files")
    page.locator("label.button input").set_input_files(tmp_path / "large.bin")
    expect(page.locator(".said .wrong")).to_have_count(2)
    assert [asked for asked in console.requests if asked.startswith("PUT")] == []
    alive(page)


def test_a_file_of_200_mb_is_looked_at_in_part_and_saved_in_parts(console: Watched, server: Running) -> None:
    page = console.page
    for name, head in (("large.bin", b"\0"), ("large.png", PNG), ("large.txt", b"word " * 300_000)):
        placed(server, name, head, LARGE)
    console.go("files")
    asked = ranges(page)
    for name, sentence in (
        ("large.bin", "200.0 MB that are no text and no picture."),
        ("large.png", "It has 200.0 MB; up to 30.0 MB are shown here."),
        ("large.txt", "The first 1.0 MB of 200.0 MB"),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(f".file[aria-label='{name}'] .preview")).to_contain_text(sentence)
    assert asked == ["bytes=0-999999"] * 3
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download large.bin").click()
    assert Path(saved.value.path()).stat().st_size == LARGE
    assert asked[3:] == [f"bytes={at}-{at + 49_999_999}" for at in range(0, LARGE, 50_000_000)]
    alive(page)


def test_files_that_are_not_what_they_are_called(console: Watched, server: Running) -> None:
    page = console.page
    drawn = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='alert(1)'><script>alert(2)</script></svg>"
    )
    files: dict[str, tuple[str | bytes, str]] = {
        "drawn.svg": (drawn, "There are scripts in this drawing, which do not run here."),
        "torn.svg": ("<svg", "No browser can draw this."),
        "torn.png": (PNG, "No browser can draw this."),
        "paper.pdf": ("Dear all", "This is no PDF, whatever it is called."),
        "photo.jpg": (b"\0\1", "This is no JPG, whatever it is called."),
        "empty.md": ("", "It is empty."),
    }
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={}).json()["id"]
        for name, (body, _) in files.items():
            client.put(f"/v1/sessions/{session}/files/odd/{name}", content=body).raise_for_status()
    console.go("files/odd")
    for name, (_, sentence) in files.items():
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(f".file[aria-label='odd/{name}'] .preview")).to_contain_text(sentence)
    assert console.dialogs == []
    alive(page)


def test_a_table_of_a_million_rows(console: Watched, server: Running) -> None:
    page = console.page
    body = "number,name,amount\n" + "".join(f"{number:07},row,12.50\n" for number in range(1_000_000))
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={}).json()["id"]
        client.put(f"/v1/sessions/{session}/files/rows/million.csv", content=body).raise_for_status()
        client.put(f"/v1/sessions/{session}/files/rows/some.csv", content=body[:12_000]).raise_for_status()
    console.go("files/rows")
    asked = ranges(page)
    page.get_by_role("button", name="million.csv", exact=True).click()
    said = page.locator(".preview.table > p").last
    expect(said).to_contain_text("500 rows; about 999,5")
    expect(page.locator(".preview tbody tr")).to_have_count(500)
    page.get_by_role("button", name="Show up to 5,000").click()
    expect(page.locator(".preview tbody tr")).to_have_count(5000)
    expect(said).to_contain_text("5000 rows; about 995,0")
    assert asked == ["bytes=0-999999"]
    page.get_by_role("button", name="some.csv", exact=True).click()
    expect(said).to_contain_text("500 rows; 166 more rows are not shown")
    alive(page)


NAMES = [
    "n" * 251 + ".txt",
    "🚢" * 62 + "é.txt",
    "تقرير عن الجسور.txt",
    "100% #1? & ü+;=.txt",
    "%2e%2e%2fetc.txt",
    "a'b\"c<i>.txt",
]


@pytest.mark.parametrize("width", [390, 1440])
def test_names_of_files(browser: Browser, server: Running, model: MessagesApi, width: int) -> None:
    model.replies = [Reply([text("Thank you.")])]
    with watching(browser, f"{server.url}/console/", viewport={"width": width, "height": 800}) as console:
        page = console.page
        folder = f"names {width} %23"
        files = [{"name": name, "mimeType": "text/plain", "buffer": name.encode()} for name in NAMES]
        console.go(f"files/{folder.replace('%', '%25')}")
        with server.client(None) as client:
            session = client.post("/v1/sessions", json={}).json()["id"]
            client.put(f"/v1/sessions/{session}/files/{folder.replace('%', '%25')}/first", content=b"1")
        page.locator("label.button input").set_input_files(files)  # type: ignore[arg-type]
        expect(page.locator(".file-row")).to_have_count(len(NAMES) + 1)
        for name in NAMES:
            page.get_by_role("button", name=name, exact=True).click()
            expect(page.locator(".file .preview pre")).to_have_text(name)
            with page.expect_download() as saved:
                page.get_by_role("button", name="Download this file").click()
            assert Path(saved.value.path()).read_text() == name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.keyboard.press("Escape")
            expect(page.locator(".file")).to_have_count(0)
        with server.client(None) as client:
            there = {each["name"] for each in client.get(f"/v1/workspace/{folder.replace('%', '%25')}").json()}
        assert there == {*NAMES, "first"}
        console.go("")
        page.locator(".composer input[type=file]").set_input_files(files)  # type: ignore[arg-type]
        page.get_by_label("What shall I do?").fill("Look at these")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".you")).to_contain_text("Look at these")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_names_that_no_workspace_holds_are_refused_in_a_sentence(console: Watched) -> None:
    page = console.page
    console.go("files")
    page.locator("label.button input").set_input_files(
        [FilePayload(name=name, mimeType="text/plain", buffer=b"x") for name in ("a\u202etxt.exe", "n" * 256, "ok.txt")]
    )
    expect(page.locator(".said .wrong")).to_have_count(2)
    expect(page.locator(".said")).to_contain_text("1 file added.")
    expect(page.get_by_role("button", name="ok.txt", exact=True)).to_be_visible()


def test_a_message_that_is_too_long_is_kept(console: Watched, server: Running) -> None:
    page, size = console.page, 1_048_576
    with server.client(None) as client:
        before = len(client.get("/v1/sessions").json())
        field = page.get_by_label("What shall I do?")
        field.evaluate(
            """(field, size) => {
                field.value = "long ".repeat(size / 5);
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            size,
        )
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".said .wrong")).to_contain_text("1000000 characters")
        expect(field).to_be_enabled()
        assert len(field.input_value()) == size // 5 * 5
        assert len(client.get("/v1/sessions").json()) == before
    expect(page.locator(".banner")).to_be_empty()
    alive(page)


def test_a_message_of_a_megabyte_is_shown_from_its_beginning(
    console: Watched, server: Running, model: MessagesApi
) -> None:
    page = console.page
    model.replies = [Reply([text("I have read it.")])]
    with server.client(None) as client:
        session = begun(client, "long " * 199_999)
    console.go(f"s/{session}")
    expect(page.locator(".you")).to_contain_text("Show all 1.0M characters")
    assert len(page.locator(".you").inner_text()) < 20_000
    expect(page.locator(".entry.text")).to_contain_text("I have read it.")
    alive(page)


def test_what_a_session_may_not_read_is_named(console: Watched, server: Running) -> None:
    page = console.page
    with server.client(None) as client:
        writes = client.post("/v1/sessions", json={}).json()["id"]
        client.put(f"/v1/sessions/{writes}/files/private/a.txt", content=b"a").raise_for_status()
        made = {"file_access": {"read": ["public", "common"], "write": ["public"]}}
        session = client.post("/v1/sessions", json=made).json()["id"]
    console.go(f"s/{session}?file=private%2Fa.txt")
    expect(page.locator(".file .wrong")).to_contain_text("outside what this session may read: ")
    expect(page.locator(".file .wrong")).to_contain_text("common")
    page.locator(".composer input[type=file]").set_input_files(
        [FilePayload(name="b.txt", mimeType="text/plain", buffer=b"b")]
    )
    page.get_by_label("Say more …").fill("Look")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said .wrong")).to_contain_text("outside what this session may write: ")
    expect(page.get_by_label("Say more …")).to_have_value("Look")
