"""What the sandbox function keeps of a container's tree, and makes of it again: in this process, by a folder for S3."""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from walkaway_core.ports import containers
from walkaway_sandbox import index, keeping
from walkaway_sandbox.bringing import Held, Sources, bring, unpacked
from walkaway_sandbox.index import Index
from walkaway_sandbox.keeping import Keeper, TooMuch
from walkaway_sandbox.places import Places


class Bucket:
    """A folder of objects, and the tree of one container."""

    def __init__(self, folder: Path) -> None:
        self.objects = folder / "objects"
        self.places = Places(folder / "tmp")
        self.held = Held()
        self.index = Index()
        self.generations = 0
        bring(self.places, self.index, self.sources(), self.held)

    def send(self, name: str, size: int, contents: Iterable[bytes]) -> None:
        path = self.objects / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(contents))
        assert path.stat().st_size == size

    def sources(self) -> Sources:
        def of(names: Iterable[str], kind: str) -> dict[str, str]:
            return {name: (self.objects / kind / name).as_uri() for name in names}

        outputs = {file.object for file in self.index.files.values() if file.object}
        return Sources(of(self.index.pieces, "pieces"), of(outputs, "outputs"), {})

    def keep(self) -> list[str]:
        """Make the next generation; give what was lost."""
        lost: list[str] = []
        self.generations += 1
        post: Any = self
        keeper = Keeper(self.places, post, self.index, self.held, f"g{self.generations}")
        self.index = index.unpack(index.pack(keeper.keep((), lost)))
        return lost

    def cold(self, folder: Path) -> None:
        """Make the tree again, elsewhere."""
        self.places, self.held = Places(folder / "cold"), Held()
        bring(self.places, self.index, self.sources(), self.held)

    def path(self, path: str) -> Path:
        return self.places.real(path)


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path)


def test_limits_are_those_of_the_port() -> None:
    port = (containers.MOST_ENTRIES, containers.MOST_BYTES, containers.MOST_OUTPUTS)
    assert port == (keeping.ENTRIES, keeping.MOST_BYTES, keeping.MOST_OUTPUTS)


def test_what_is_superseded_does_not_add_up(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY", 5)
    for number in range(30):
        bucket.path(f"workspace/f{number}").write_text(str(number))
        bucket.path("workspace/same").write_bytes(bytes([number]) * 50_000)
        assert bucket.keep() == []
        assert len(bucket.index.pieces) <= 7
        assert sum(bucket.index.pieces.values()) <= 2 * 51_000
    bucket.cold(tmp_path)
    assert [bucket.path(f"workspace/f{number}").read_text() for number in range(30)] == list(map(str, range(30)))
    assert bucket.path("workspace/same").read_bytes() == bytes([29]) * 50_000


def test_small_pieces_are_put_together(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY", 5)
    for number in range(20):
        bucket.path(f"workspace/f{number}").write_text(str(number))
        bucket.keep()
        assert len(bucket.index.pieces) <= 6
    bucket.cold(tmp_path)
    assert [bucket.path(f"workspace/f{number}").read_text() for number in range(20)] == list(map(str, range(20)))


def test_large_files_are_cut_and_put_together(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHUNK", 1000)
    monkeypatch.setattr(keeping, "PIECE", 2500)
    contents = b"".join(bytes([number]) * 1000 for number in range(9)) + b"end"
    bucket.path("workspace/a").write_bytes(contents)
    bucket.path("tmp/b").write_bytes(contents[3000:])
    bucket.keep()
    assert sorted(bucket.index.pieces.values()) == [1003, 2000, 2000, 2000, 2000]
    bucket.path("workspace/a").write_bytes(contents[:4000] + b"x" * 1000 + contents[5000:])
    bucket.keep()
    assert sum(size for name, size in bucket.index.pieces.items() if name.startswith("g2-")) == 1000
    bucket.cold(tmp_path)
    assert bucket.path("workspace/a").read_bytes() == contents[:4000] + b"x" * 1000 + contents[5000:]
    assert bucket.path("tmp/b").read_bytes() == contents[3000:]


def test_of_too_many_outputs_some_come_out(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_OUTPUTS", 3)
    for name in "abcde":
        bucket.path(f"mnt/session/outputs/{name}").write_text(name)
    assert bucket.keep() == ["not brought out: more than 3 files in /mnt/session/outputs"]
    assert sorted(path.read_text() for path in (bucket.objects / "outputs").iterdir()) == ["a", "b", "c"]
    bucket.path("mnt/session/outputs/a").unlink()
    assert bucket.keep() == ["not brought out: more than 3 files in /mnt/session/outputs"]
    bucket.cold(tmp_path)
    assert [bucket.path(f"mnt/session/outputs/{name}").read_text() for name in "bcde"] == ["b", "c", "d", "e"]


@pytest.mark.parametrize("limit", ["ENTRIES", "MOST_BYTES"])
def test_of_too_much_nothing_is_kept(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(keeping, limit, 15)
    bucket.path("workspace/a").write_text("x" * 10)
    for number in range(10):
        bucket.path(f"workspace/f{number}").write_text("xx")
    with pytest.raises(TooMuch, match=r"nothing was kept: there were \d+ files, directories and links"):
        bucket.keep()
    assert not (bucket.objects / "pieces").exists()


def test_ten_thousand_files_come_back(bucket: Bucket, tmp_path: Path) -> None:
    for number in range(10_000):
        path = bucket.path(f"workspace/d{number % 100}/f{number}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{number}")
    bucket.path("workspace/d7/f7").chmod(0o755)
    assert bucket.keep() == []
    assert len(bucket.index.pieces) == 1
    bucket.cold(tmp_path)
    assert sum(1 for _ in bucket.path("workspace").rglob("f*")) == 10_000
    assert bucket.path("workspace/d99/f9999").read_text() == "9999"
    assert stat.S_IMODE(bucket.path("workspace/d7/f7").stat().st_mode) == 0o755


def test_a_piece_opens_to_no_more_than_it_should_have() -> None:
    packed = keeping.packed(b"x" * 1_000_000)
    assert (packed[:1], len(unpacked(packed, 1_000_000))) == (b"z", 1_000_000)
    assert len(unpacked(packed, 10)) == 10
    assert unpacked(keeping.packed(b"short"), 5) == b"short"


@pytest.mark.parametrize("written", [b"", b"no index", index.pack(Index())[:-4] + b"xxxx"])
def test_an_index_of_another_shape_is_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|Expecting value"):
        index.unpack(written)


@pytest.mark.deep
def test_a_gigabyte_stays_over_two_commands(bucket: Bucket, tmp_path: Path) -> None:
    large, digest = bucket.path("workspace/large"), hashlib.sha256()
    with large.open("wb") as file:
        for _ in range(1000):
            digest.update(block := os.urandom(1_000_000))
            file.write(block)
    assert bucket.keep() == []
    with large.open("ab") as file:
        file.write(b"more")
    digest.update(b"more")
    assert bucket.keep() == []
    sent = [path.stat().st_size for path in (bucket.objects / "pieces").iterdir()]
    assert 1_000_000_000 < sum(sent) < 1_010_000_000, "the second time what had changed"
    bucket.cold(tmp_path)
    with bucket.path("workspace/large").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == digest.digest()
