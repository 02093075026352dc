"""Files up and down: whole or not at all, folders, what broke half way, and what is not sent."""

import hashlib
import json
import os
import secrets
from pathlib import Path

import httpx2
import pytest

from tests.kit.clients import BROKEN, Body, async_quick, async_scripted, no, said
from tests.kit.servers import Running
from walkaway import errors, paths

WHOLE = bytes(range(256)) * 40


def nobody(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"{request.url} was asked for")


async def test_what_goes_up_comes_down(server: Running, tmp_path: Path) -> None:
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        sent = await files.upload(WHOLE, "up/ä b?#%.bin")
        assert (sent.path, sent.size, sent.is_file) == ("up/ä b?#%.bin", len(WHOLE), True)
        assert await files.read("up/ä b?#%.bin") == WHOLE
        (tmp_path / "note.txt").write_text("Grüße")
        assert (await files.upload(tmp_path / "note.txt")).path == "note.txt"
        assert await files.read_text("note.txt") == "Grüße"
        down = await files.download("up/ä b?#%.bin", tmp_path)
        assert down == tmp_path / "ä b?#%.bin"
        assert down.read_bytes() == WHOLE
        assert await files.download("note.txt", tmp_path / "new/place.txt") == tmp_path / "new/place.txt"
        assert [each.path for each in await files.list("up")] == ["up/ä b?#%.bin"]
        assert {"note.txt", "up/ä b?#%.bin"} <= {each.path async for each in files.walk()}
        (found,) = await files.list("up", recursive=True, sha256=True)
        assert (found.path, found.sha256) == ("up/ä b?#%.bin", hashlib.sha256(WHOLE).hexdigest())
        await files.delete("note.txt")
        with pytest.raises(errors.NotFound):
            await files.read("note.txt")


async def test_what_goes_into_a_folder_keeps_its_name(server: Running, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("here")
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        top = secrets.token_hex(4)
        assert (await files.upload(tmp_path / "a.txt", f"{top}/deep/")).path == f"{top}/deep/a.txt"
        assert [entry.path async for entry in files.walk(top)] == [f"{top}/deep/a.txt"]
        for path in (f"{top}/", ""):
            with pytest.raises(errors.FileRefused, match="bytes have no name"):
                await files.upload(b"x", path)


async def test_a_folder_goes_up_with_all_below(server: Running, tmp_path: Path) -> None:
    for name in ("a.txt", "deep/er/b.txt", "deep/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "same.txt").symlink_to(tmp_path / "a.txt")
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        sent = await files.upload_folder(tmp_path, "folder/")
        assert [each.path for each in sent] == [
            "folder/a.txt", "folder/deep/c.txt", "folder/deep/er/b.txt", "folder/same.txt",
        ]  # fmt: skip
        assert await files.read_text("folder/deep/er/b.txt") == "deep/er/b.txt"
        assert await files.read_text("folder/same.txt") == "a.txt"


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_a_link_out_of_a_folder_is_refused_before_anything_is_sent(
    server: Running, tmp_path: Path, what: str
) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret").write_text("s")
    (inside / "a.txt").write_text("a")
    (inside / "way").symlink_to(outside / "secret" if what == "file" else outside)
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        with pytest.raises(errors.FileRefused, match=r"leads out of|is a link to the folder"):
            await files.upload_folder(inside, f"link-{what}")
        with pytest.raises(errors.NotFound):
            await files.list(f"link-{what}")


async def test_a_missing_file_is_said_with_where_it_was_looked_for(server: Running, tmp_path: Path) -> None:
    async with async_quick(server.url) as client:
        session = await client.sessions.create()
        with pytest.raises(errors.FileMissing, match=r"There is no file .*none\.txt here, in /"):
            await session.files.upload(tmp_path / "none.txt")
        with pytest.raises(FileNotFoundError):
            await session.send("read", attachments=[tmp_path / "none.txt"])
        with pytest.raises(errors.FileMissing, match="There is no folder"):
            await session.files.upload_folder(tmp_path / "none")
        with pytest.raises(errors.FileRefused, match="goes up by files"):
            await session.files.upload(tmp_path)


async def test_attachments_travel_along_or_before(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "INLINE_BYTES", 20)
    (tmp_path / "short.txt").write_text("short")
    (tmp_path / "long.txt").write_text("long enough to be sent before")
    async with async_quick(server.url) as client:
        session = await client.sessions.create()
        await session.files.upload(b"there already", "there.txt")
        given: list[str | Path | tuple[str, bytes]] = [
            "there.txt",
            tmp_path / "short.txt",
            tmp_path / "long.txt",
            ("named", b"text"),
            ("big.txt", b"x" * 50),
        ]
        result = await session.ask("What is in these?", attachments=given)
        assert result.status == "completed"
        assert {each.path for each in await session.files.list("uploads")} == {"uploads/long.txt", "uploads/big.txt"}


class TestDownloads:
    """Over connections that break."""

    async def told(self, tmp_path: Path, etags: list[str], cuts: list[int]) -> tuple[bytes, list[str | None]]:
        asked: list[str | None] = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            asked.append(request.headers.get("range"))
            etag, cut = etags.pop(0), cuts.pop(0)
            start = 0
            if asked[-1] and request.headers["if-range"] == etag:
                start = int(asked[-1].removeprefix("bytes=").removesuffix("-"))
            rest = WHOLE[start:]
            body = Body([rest[:cut]], BROKEN) if cut < len(rest) else Body([rest])
            return httpx2.Response(206 if start else 200, headers={"etag": etag}, stream=body)

        async with async_scripted(handle) as client:
            found = await client.session("sess_1").files.download("a.bin", tmp_path / "a.bin")
        return found.read_bytes(), asked

    async def test_go_on_where_they_broke(self, tmp_path: Path) -> None:
        found, asked = await self.told(tmp_path, ['"1"'] * 3, [100, 5000, 10**6])
        assert found == WHOLE
        assert asked == [None, "bytes=100-", "bytes=5100-"]

    async def test_begin_anew_when_the_file_has_changed(self, tmp_path: Path) -> None:
        found, asked = await self.told(tmp_path, ['"1"', '"2"'], [100, 10**6])
        assert found == WHOLE
        assert asked == [None, "bytes=100-"]

    async def test_are_there_whole_or_not_at_all(self, tmp_path: Path) -> None:
        async with async_scripted(lambda _: no(404, "file.not_found")) as client:
            with pytest.raises(errors.NotFound):
                await client.session("sess_1").files.download("a.bin", tmp_path / "a.bin")
        assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing here is async


@pytest.mark.parametrize("path", ["..", ".", "a/../b", "../responses", "../../sess_2", "./a.txt", "a/.."])
async def test_a_path_that_would_be_another_address_is_not_sent(path: str, tmp_path: Path) -> None:
    async with async_scripted(nobody) as client:
        files = client.session("sess_1").files
        with pytest.raises(errors.FileRefused, match="no path of the workspace"):
            await files.read(path)
        with pytest.raises(errors.FileRefused, match="no path of the workspace"):
            await files.delete(path)
        with pytest.raises(errors.FileRefused, match=r"no path of the workspace|written outside"):
            await files.download(path, tmp_path)
        with pytest.raises(errors.FileRefused, match="no path of the workspace"):
            await files.upload(b"x", path)


async def test_an_id_that_would_be_another_address_is_not_sent() -> None:
    async with async_scripted(nobody) as client:
        with pytest.raises(errors.SettingInvalid, match="names no agent"):
            await client.agents.delete("../sessions/sess_2")
        with pytest.raises(errors.SettingInvalid, match="nothing was sent"):
            await client.session("..").delete()
        with pytest.raises(errors.SettingInvalid, match="nothing was sent"):
            await client.webhooks.get(".")


async def test_a_result_fetches_what_its_turn_has_written_and_not_what_it_deleted(
    server: Running, tmp_path: Path
) -> None:
    async with async_quick(server.url) as client:
        session = await client.sessions.create()
        await session.files.upload(b"x", "old.txt")
        result = await session.ask("Write a memo on tides to made/tides.md")
        assert [(file["path"], file["op"]) for file in result.files or ()] == [("made/tides.md", "written")]
        saved = await result.save(tmp_path)
        assert [str(path.relative_to(tmp_path)) for path in saved] == ["made/tides.md"]
        assert saved[0].read_bytes() == await session.files.read("made/tides.md")


async def test_what_was_changed_since_is_not_taken_for_what_a_turn_made(server: Running, tmp_path: Path) -> None:
    async with async_quick(server.url) as client:
        session = await client.sessions.create()
        first = await session.ask("Write a memo on tides to one/memo.md")
        await session.ask("Write a memo on ferries to one/memo.md")
        with pytest.raises(errors.FilesChanged, match=r"Changed or deleted since: one/memo.md") as caught:
            await first.save(tmp_path / "strict")
        assert (caught.value.changed, caught.value.saved) == (["one/memo.md"], [])
        assert os.listdir(tmp_path / "strict/one") == []  # noqa: PTH208 - nothing here is async
        (saved,) = await first.save(tmp_path / "latest", latest=True)
        assert "ferries" in saved.read_text()
        await session.files.delete("one/memo.md")
        assert await first.save(tmp_path / "gone", latest=True) == []
        with pytest.raises(errors.FilesChanged):
            await first.save(tmp_path / "gone")


async def test_a_folder_comes_down_whole_and_is_no_file(server: Running, tmp_path: Path) -> None:
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        for path in ("down/a.txt", "down/deep/er/b.txt"):
            await files.upload(path.encode(), path)
        saved = await files.download_folder("down", tmp_path / "here")
        assert {str(each.relative_to(tmp_path)): each.read_text() for each in saved} == {
            "here/a.txt": "down/a.txt",
            "here/deep/er/b.txt": "down/deep/er/b.txt",
        }
        (saved_again,) = await files.download_folder("./down//deep/", tmp_path / "again")
        assert saved_again == tmp_path / "again/er/b.txt"
        with pytest.raises(errors.FileRefused, match=r"'down' is a folder: download_folder"):
            await files.download("down", tmp_path / "file")
        with pytest.raises(errors.FileRefused, match="is a folder"):
            await files.read("down")
        assert not (tmp_path / "file").exists()


async def test_a_page_of_somebody_between_is_no_file(tmp_path: Path) -> None:
    page = httpx2.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>Please log in</html>")
    async with async_scripted(lambda _: page) as client:
        files = client.session("sess_1").files
        with pytest.raises(errors.NotWalkaway, match=r"answers \(text/html\)"):
            await files.read("a.txt")
        with pytest.raises(errors.NotWalkaway, match="no file of a Walkaway"):
            await files.download("a.txt", tmp_path / "a.txt")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_a_name_may_be_as_long_as_names_are(server: Running, tmp_path: Path) -> None:
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        await files.upload(b"x", "n" * 255)
        assert (await files.download("n" * 255, tmp_path)).read_bytes() == b"x"


async def test_what_a_turn_deleted_is_not_fetched(tmp_path: Path) -> None:
    record = {"id": "msg_1", "session_id": "sess_1", "status": "completed", "output_text": ""}
    gone = {**record, "files": [{"path": "a.txt", "op": "deleted", "size": None, "call_id": "c"}]}
    async with async_scripted(lambda request: no(404) if request.url.path == "/v1/me" else said(gone)) as client:
        assert await (await client.turn("sess_1/msg_1").result()).save(tmp_path) == []


async def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    record = {"id": "msg_1", "session_id": "sess_1", "status": "completed", "output_text": ""}
    evil = {**record, "files": [{"path": "../evil.txt", "op": "written", "size": 1}]}
    async with async_scripted(lambda request: no(404) if request.url.path == "/v1/me" else said(evil)) as client:
        with pytest.raises(errors.FileRefused, match="would be written outside"):
            await (await client.turn("sess_1/msg_1").result()).save(tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists()


UNWRITABLE = {
    "no name": "a\0b",
    "half a character": "a\ud800",
    "too long": "n" * 300,
    "too deep": "d/" * 3000 + "x",
    "below a file": "good.txt/x",
    "outside": "../x",
}


@pytest.mark.parametrize("name", UNWRITABLE.values(), ids=UNWRITABLE)
async def test_what_cannot_be_written_here_is_named_and_the_others_are_saved(name: str, tmp_path: Path) -> None:
    files = [{"path": path, "op": "written", "size": 1} for path in ("good.txt", name, "later.txt")]
    record = {"id": "msg_1", "session_id": "sess_1", "status": "completed", "output_text": "", "files": files}

    def handle(request: httpx2.Request) -> httpx2.Response:
        if "/files/" in request.url.path:
            return httpx2.Response(200, content=b"x", headers={"etag": '"1"'})
        return no(404) if request.url.path == "/v1/me" else httpx2.Response(200, content=json.dumps(record))

    async with async_scripted(handle) as client:
        result = await client.turn("sess_1/msg_1").result()
        with pytest.raises(errors.FilesRefused, match="Not saved, unlike the others") as caught:
            await result.save(tmp_path / "out")
    assert list(caught.value.refused) == [name]
    assert caught.value.saved == [tmp_path / "out/good.txt", tmp_path / "out/later.txt"]
    assert sorted(os.listdir(tmp_path / "out")) in (  # noqa: PTH208
        ["good.txt", "later.txt"],
        ["d", "good.txt", "later.txt"],
    )


async def test_a_link_that_leads_in_a_circle_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "loop").symlink_to("loop")
    async with async_scripted(nobody) as client:
        with pytest.raises(errors.FileRefused, match=r"loop (is a link that leads in a circle|is neither)"):
            await client.session("sess_1").files.upload_folder(tmp_path)


@pytest.mark.parametrize("more", [1, 10_000_000], ids=["a byte", "several pieces"])
async def test_a_file_that_grows_meanwhile_is_not_sent(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    path, real, name = tmp_path / "log.bin", paths.mark, f"{secrets.token_hex(4)}.bin"
    path.write_bytes(WHOLE)

    def grown(looked_at: Path) -> object:
        with path.open("ab") as log:
            log.write(bytes(more))
        monkeypatch.setattr(paths, "mark", real)
        return real(looked_at)

    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        monkeypatch.setattr(paths, "mark", grown)
        with pytest.raises(errors.FileRefused, match="changes while it is read"):
            await files.upload(path, name)
        with pytest.raises(errors.NotFound):
            await files.read(name)
        assert (await files.upload(path, name)).size == len(WHOLE) + more


async def test_a_file_that_is_written_meanwhile_is_not_sent(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.bin").write_bytes(WHOLE * 100)
    async with async_quick(server.url) as client:
        files = (await client.sessions.create()).files
        top = secrets.token_hex(4)
        with monkeypatch.context() as patched:
            patched.setattr(paths, "mark", lambda _: secrets.token_hex(4))
            with pytest.raises(errors.FileRefused, match="changes while it is read"):
                await files.upload(tmp_path / "a.bin", f"{top}/a.bin")
        with pytest.raises(errors.NotFound):
            await files.read(f"{top}/a.bin")
        assert (await files.upload(tmp_path / "a.bin", f"{top}/a.bin")).size == len(WHOLE) * 100
        (tmp_path / "a.bin").write_bytes(b"")
        assert (await files.upload(tmp_path / "a.bin", f"{top}/a.bin")).size == 0
