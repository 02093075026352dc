"""Downloads of one process at once, to one place."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.kit.clients import async_quick, quick
from tests.kit.servers import Running

LETTERS = "abab"
WHOLE = {letter: letter.encode() * 4_000_000 for letter in LETTERS}


def ready(server: Running) -> str:
    with quick(server.url) as client:
        session = client.sessions.create()
        for letter, data in WHOLE.items():
            session.files.upload(data, f"{letter}.bin")
        return session.id


def test_by_threads_leave_one_of_them_whole(server: Running, tmp_path: Path) -> None:
    session, target = ready(server), tmp_path / "same.bin"
    with quick(server.url) as client, ThreadPoolExecutor() as threads:
        files = client.session(session).files
        for _ in range(3):
            list(threads.map(lambda letter: files.download(f"{letter}.bin", target), LETTERS))
            assert target.read_bytes() in WHOLE.values()
    assert os.listdir(tmp_path) == ["same.bin"]  # noqa: PTH208 - one way for both


async def test_by_tasks_leave_one_of_them_whole(server: Running, tmp_path: Path) -> None:
    session, target = ready(server), tmp_path / "same.bin"
    async with async_quick(server.url) as client:
        files = client.session(session).files
        for _ in range(3):
            await asyncio.gather(*(files.download(f"{letter}.bin", target) for letter in LETTERS))
            assert target.read_bytes() in WHOLE.values()
    assert os.listdir(tmp_path) == ["same.bin"]  # noqa: PTH208
