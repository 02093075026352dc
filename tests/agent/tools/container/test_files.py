"""The container's tools for files: what they do, and what they tell an agent that is wrong."""

import base64
from typing import Any

import pytest

from tests.kit.benches import Bench
from walkaway_core.agent.tools.container import inside
from walkaway_core.store import mounts
from walkaway_core.store.kept import Told
from walkaway_core.store.pending import begin
from walkaway_core.store.transaction import Transaction

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def shown(own: Bench, path: str) -> dict[str, Any]:
    content = own.use("read", file_path=path).content
    assert isinstance(content, list)
    return content[0]


def test_a_file_is_written_read_edited_and_found(own: Bench) -> None:
    assert own.use("write", file_path="src/é.py", content="one\ntwo\r\nthree\n").content == "Wrote 15 bytes to src/é.py"
    assert own.use("read", file_path="/workspace/src/é.py").content == "one\ntwo\r\nthree\n"
    assert own.use("read", file_path="src/é.py", view_range=[2, 2]).content == "two\r\n"
    assert own.use("read", file_path="src/é.py", view_range=[2, 0]).content == "two\r\nthree\n"
    assert own.use("read", file_path="src/é.py", view_range=[-(10**30), 10**30]).content == "one\ntwo\r\nthree\n"
    told = own.use("edit", file_path="src/é.py", old_string="t", new_string="T", replace_all=True)
    assert told.content == "Replaced 2 occurrences in src/é.py"
    assert own.sh("cat src/é.py") == "one\nTwo\r\nThree"
    own.sh("mkdir -p .git /mnt/user; cp src/é.py .git/; cp src/é.py /mnt/user/b.py; touch -d 2020-01-01 src/é.py")
    assert own.use("glob", pattern="**/*.py").content == "/workspace/.git/é.py\n/workspace/src/é.py"
    assert own.use("glob", pattern="/mnt/*/*.py").content == "/mnt/user/b.py"
    assert own.use("grep", pattern="^T.o").content == "/workspace/src/é.py:2:Two"
    assert own.use("grep", pattern="Th(r)", path="/mnt/user/b.py").content == "/mnt/user/b.py:3:Three"
    for nothing in (own.use("glob", pattern="*.md"), own.use("grep", pattern="four")):
        assert not nothing.is_error


def test_modes_stay_and_what_reads_leaves_nothing(own: Bench) -> None:
    own.sh("printf '#!/bin/sh\\necho one' > run; chmod 755 run")
    own.use("edit", file_path="run", old_string="one", new_string="two")
    before = own.state.generation
    assert own.sh("./run") == "two"
    for name, arguments in (("read", {"file_path": "run"}), ("glob", {"pattern": "*"}), ("grep", {"pattern": "x"})):
        generation = own.state.generation
        assert not own.use(name, **arguments).is_error
        assert own.state.generation == generation != before


def test_images_and_documents_are_shown(own: Bench) -> None:
    own.sh(f"base64 -d <<< {base64.b64encode(PNG).decode()} > a.PNG; printf '%%PDF-1.4 x' > b.pdf; echo no > c.jpg")
    image = shown(own, "a.PNG")
    data = base64.b64encode(PNG).decode()
    assert image == {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    document = shown(own, "b.pdf")
    assert (document["type"], document["source"]["media_type"]) == ("document", "application/pdf")
    wrong = own.use("read", file_path="c.jpg")
    assert wrong.is_error
    assert "is not image/jpeg" in wrong.words
    own.sh(f"truncate -s {inside.IMAGE_BYTES + 1} d.png")
    assert "make a smaller one" in own.use("read", file_path="d.png").words
    assert "view_range is for texts" in own.use("read", file_path="a.PNG", view_range=[1, 2]).words


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("read", {"file_path": "nothing.txt"}, "nothing.txt: No such file or directory"),
        ("read", {"file_path": "/workspace"}, "/workspace is a directory"),
        ("read", {"file_path": "/dev/null"}, "/dev/null is no regular file"),
        ("read", {"file_path": "binary"}, "is not UTF-8 text"),
        ("read", {"file_path": "large"}, "Use view_range"),
        ("read", {"file_path": "a.txt", "view_range": [9, 10]}, "has no line 9"),
        ("read", {"file_path": "a.txt", "view_range": [1]}, "view_range"),
        ("read", {"file_path": "a.txt", "view_range": [10**30, 0]}, "a line that no file can have"),
        ("read", {"file_path": "a\0b"}, "null byte"),
        ("write", {"file_path": "/etc/passwd", "content": "x"}, "/etc/passwd: "),
        ("write", {"file_path": "a.txt/b", "content": "x"}, "a.txt"),
        ("write", {"file_path": "", "content": "x"}, "file_path"),
        ("edit", {"file_path": "a.txt", "old_string": "none", "new_string": ""}, "does not occur"),
        ("edit", {"file_path": "a.txt", "old_string": "a", "new_string": ""}, "occurs 2 times"),
        ("edit", {"file_path": "a.txt", "old_string": "", "new_string": ""}, "old_string"),
        ("glob", {"pattern": "*", "path": "a.txt"}, "is no directory"),
        ("grep", {"pattern": "("}, "is no regular expression"),
        ("grep", {"pattern": "x", "path": "nothing"}, "nothing: No such file"),
    ],
)
def test_an_agent_that_is_wrong_is_told_so(own: Bench, name: str, arguments: dict[str, Any], words: str) -> None:
    own.sh("echo aa > a.txt; printf '\\xff' > binary; truncate -s 300000 large")
    result = own.use(name, **arguments)
    assert result.is_error
    assert words in result.words
    assert own.sh("cat a.txt") == "aa"


def test_much_is_cut_and_odd_names_are_no_trouble(own: Bench) -> None:
    own.sh("seq 1 200000 > many; touch $'a\\nb' $'\\xff' -- -n; mkdir deep; for i in {1..250}; do : > deep/$i; done")
    lines = own.use("read", file_path="many", view_range=[100, 0]).words.splitlines()
    assert lines[0] == "100"
    assert lines[-1].startswith("[cut here, at line ")
    assert own.use("glob", pattern="deep/*").words.endswith("[50 more]")
    assert own.use("grep", pattern=".").words.endswith("[cut here; narrow the search]")
    assert not own.use("glob", pattern="*").is_error
    whole = "x" * 3_000_000 + "é"
    assert own.use("write", file_path="-n", content=whole).content == "Wrote 3000002 bytes to -n"
    assert own.sh("wc -c < ./-n") == "3000002"


def test_what_is_mounted_is_read_and_not_written(own: Bench) -> None:
    services = own.engine.services
    tx = Transaction(services.table)
    file = begin(services, "t", Told("data.csv", "text/csv", "user_data", scope=own.key.session), [b"a,b\n"]).keep(tx)
    mounted = mounts.put(tx, services, own.key, "/mnt/session/uploads/data.csv", file)
    tx.commit()
    assert own.use("read", file_path="/uploads/data.csv").content == "a,b\n"
    assert own.use("write", file_path="/mnt/session/uploads/data.csv", content="x").is_error
    assert own.sh("cat /mnt/session/uploads/data.csv") == "a,b"
    tx = Transaction(services.table)
    mounts.remove(tx, own.key, mounted)
    tx.commit()
    assert own.use("read", file_path="/uploads/data.csv").is_error
