"""What a file is served as depends on its name alone, and a compressed one is not what is inside it."""

import mimetypes
from pathlib import Path

import pytest

from walkaway_core.store import media_types

NAMES = [
    ("data.json.gz", "application/gzip"),
    ("table.csv.GZ", "application/gzip"),
    ("all.tar.gz", "application/gzip"),
    ("all.tgz", "application/gzip"),
    ("x.svgz", "application/gzip"),
    ("log.txt.xz", "application/x-xz"),
    ("all.txz", "application/x-xz"),
    ("dump.sql.bz2", "application/x-bzip2"),
    ("page.html.br", "application/x-brotli"),
    ("dump.json.zst", "application/zstd"),
    ("old.tar.Z", "application/x-compress"),
    ("app.ts", "text/typescript"),
    ("view.tsx", "text/typescript"),
    ("main.rs", "text/plain"),
    ("notes.org", "text/plain"),
    ("app.js", "text/javascript"),
    ("photo.WEBP", "image/webp"),
    ("README.md", "text/markdown"),
    ("folder.gz/a.pdf", "application/pdf"),
    ("data:text/html,x.png", "image/png"),
    ("http://a/b.html?x.json", "application/json"),
    ("no_ending", None),
    (".json", None),
    (".config.json", "application/json"),
    ("a.unheard-of", None),
    ("folder.png/a", None),
    ("", None),
]


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_a_name_has_a_type(name: str, kind: str | None) -> None:
    assert media_types.of(name) == kind


def test_each_ending_has_one_type() -> None:
    endings = [ending for endings in media_types.OF_ENDINGS.values() for ending in endings.split()]
    assert sorted(set(endings)) == sorted(endings)


def test_what_the_machine_says_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    types = tmp_path / "mime.types"
    types.write_text("text/vnd.trolltech.linguist ts\nimage/png pdf json\n")
    monkeypatch.setattr(mimetypes, "knownfiles", [str(types)])
    mimetypes.init()
    try:
        assert mimetypes.guess_type("a.json")[0] == "image/png"
        assert [media_types.of(f"a.{ending}") for ending in ("ts", "json")] == ["text/typescript", "application/json"]
    finally:
        monkeypatch.undo()
        mimetypes.init()
