"""Containers on AWS: what commands leave stays, generation by generation, in the environment and in the bucket."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from dev.sandbox import Sandboxes
from tests.kit.sandboxes import needs_bubblewrap
from tests.ports import sandbox_contract
from walkaway_core.agent.tools.container import scripts
from walkaway_core.aws.sandbox import LambdaSandbox
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.containers import Container, Mount
from walkaway_core.ports.sandbox import STDIN_BYTES, Command, Finished, SandboxRefused

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "walkaway-containers"
ROOT = "t/containers/sess_1"


class World:
    """A bucket, the function, and one session's container, of which the last generation is the one that goes on."""

    def __init__(self, client: "S3Client") -> None:
        self.client = client
        self.workspace = S3Workspace(client, BUCKET)
        self.functions = Sandboxes()
        self.sandbox = LambdaSandbox(client, BUCKET, self.workspace, self.functions.invoke)
        self.generation = ""
        self.mounts: tuple[Mount, ...] = ()
        self.output = b""

    def run(self, text: str, *, timeout: float = 20.0, keeps: bool = True, **more: Any) -> Finished:
        """Run a command, whose generation becomes the session's; read its outputs."""
        self.output = b""
        container = Container(ROOT, more.pop("generation", self.generation), self.mounts, keeps)
        command = Command(text, "", (), (), timeout, owner="sess_1", container=container, **more)
        with self.sandbox.run(command, self.heard) as finished:
            self.files = {one.path: b"".join(one.contents()) for one in finished.outputs}
        self.generation = finished.generation or self.generation
        return finished

    def text(self, command: str, **more: Any) -> str:
        """Run a command that must succeed; give what it wrote."""
        finished = self.run(command, **more)
        assert (finished.exit_code, finished.killed, finished.lost) == (0, "", ()), self.output
        return self.output.decode().strip()

    def heard(self, data: bytes) -> None:
        self.output += data

    def cold(self) -> None:
        """Let the environments end, with all that is in them."""
        self.functions.close()
        self.functions = Sandboxes()
        self.sandbox = LambdaSandbox(self.client, BUCKET, self.workspace, self.functions.invoke)

    def stored(self, prefix: str = "") -> dict[str, int]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}


@pytest.fixture
def world(endpoint: str) -> Iterator[World]:
    client: Any = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket=BUCKET)
    made = World(client)
    yield made
    made.functions.close()
    for key in made.stored():
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)


class TestContract:
    """What holds for every adapter, in a root as Lambda's is: read-only, with the links of the image or the layer's."""

    @pytest.mark.parametrize("shape", [pytest.param("zip", marks=pytest.mark.deep), "image"])
    @pytest.mark.parametrize("check", sandbox_contract.CONTRACT, ids=lambda check: check.__name__)
    @needs_bubblewrap
    def test_contract(self, world: World, check: sandbox_contract.ContractCheck, shape: str) -> None:
        world.functions = Sandboxes(shape)
        links = shape == "image"
        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, world.functions.invoke, links=links)
        check(sandbox_contract.Hands(world.sandbox, world.workspace))

    @needs_bubblewrap
    def test_in_the_image_everything_has_its_own_name(self, world: World) -> None:
        world.functions = Sandboxes("image")
        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, world.functions.invoke, links=True)
        info = world.workspace.write("t/identified/files", "k", [b"data"])
        world.mounts = (Mount("/mnt/session/uploads/data.csv", "t/identified/files", "k", info.version),)
        said = world.text(
            'pwd; echo "$HOME $TMPDIR [$WALKAWAY_PLACES]"; cat /uploads/data.csv; rm -rf /tmp/* /workspace/*'
        )
        assert said == "/workspace\n/home/user /tmp []\ndata"
        world.text("for f in /workspace/f /mnt/user/f /tmp/f /home/user/f; do mkdir -p ${f%f}; echo $f > $f; done")
        world.text("mkdir /mnt/session/outputs/d; cp /tmp/f /mnt/session/outputs/d/f")
        assert world.files == {"d/f": b"/tmp/f\n"}
        assert world.text("cat /workspace/f /mnt/user/f /tmp/f ~/f f").split()[-1] == "/workspace/f"

    @needs_bubblewrap
    def test_in_the_zip_commands_are_told_where_things_are(self, world: World) -> None:
        world.functions = Sandboxes("zip")
        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, world.functions.invoke)
        world.text('pwd; echo "$WALKAWAY_PLACES"')
        pwd, places = world.output.decode().splitlines()
        told = dict(world.sandbox.places())
        assert pwd == told["/workspace"]
        assert json.loads(places) == {
            **{place: there for place, there in told.items() if place != there},
            "/uploads": f"{told['/mnt']}/session/uploads",
        }
        assert told["/tmp"] == "/tmp"


def test_tools_for_files_take_the_places_by_their_own_names_everywhere(world: World) -> None:
    """They run where a root has no links: WALKAWAY_PLACES says where things are."""
    info = world.workspace.write("t/identified/files", "k", [b"data"])
    world.mounts = (Mount("/data/c.csv", "t/identified/files", "k", info.version),)

    def use(do: str, **given: Any) -> str:
        asked = json.dumps({"do": do, "with": given}).encode()
        answer = json.loads(world.text(scripts.helper(), stdin=asked))
        return str(answer.get("text", answer))

    use("write", file_path="/mnt/session/outputs/d/report.csv", content="a,b\n")
    assert world.files == {"d/report.csv": b"a,b\n"}
    use("write", file_path="/workspace/a.py", content="old")
    use("edit", file_path="/workspace/a.py", old_string="old", new_string="new")
    assert use("read", file_path="/workspace/a.py") == use("read", file_path="a.py") == "new"
    assert use("read", file_path="/data/c.csv") == "data"
    assert use("glob", pattern="/workspace/*.py") == use("glob", pattern="*.py", path="/workspace")
    assert "a.py:1:new" in use("grep", pattern="n.w", path="/workspace")
    assert "error" in use("read", file_path="/workspaces/a.py")


MAKE = r"""
echo one > a.txt; mkdir -p d/e; ln -s e/run d/link; ln -s /nowhere dangling; ln -s .. up
printf '#!/bin/sh\necho started\n' > d/e/run; chmod 750 d/e/run
echo home > ~/.profile2; echo t > "$TMPDIR/left"; mkdir -p ../mnt/user; echo m > ../mnt/user/m
mkdir empty; chmod 700 empty; touch -d 2001-02-03T04:05:06Z old; printf x > $'odd\xff\nname'; chmod 555 d
: > zero; mkdir -p .git/objects; head -c 100000 /dev/urandom > .git/objects/pack; chmod 444 .git/objects/pack
sha256sum .git/objects/pack"""
LOOK = r"""
cat a.txt; d/link; cat ~/.profile2 "$TMPDIR/left" ../mnt/user/m; readlink dangling up
stat -c '%a %n' d/e/run d empty .git/objects/pack; stat -c %Y old; wc -c < zero; cat $'odd\xff\nname'; echo
sha256sum .git/objects/pack"""


@pytest.mark.parametrize("environment", ["warm", "cold"])
def test_everything_that_a_command_leaves_is_there_for_the_next(world: World, environment: str) -> None:
    digest = world.text(MAKE)
    if environment == "cold":
        world.cold()
    assert world.text(LOOK).split("\n") == [
        *("one", "started", "home", "t", "m", "/nowhere", ".."),
        *("750 d/e/run", "555 d", "700 empty", "444 .git/objects/pack", "981173106", "0", "x", digest),
    ]
    assert world.stored(".staging/") == {}, "the call's own prefix is emptied"


class TestWhatMoves:
    """Between the environment and the bucket, only what is new on either side."""

    @pytest.fixture
    def sent(self, world: World) -> list[dict[str, int]]:
        """What the function has sent, call by call: names and sizes."""
        calls: list[dict[str, int]] = []
        real = world.functions.invoke

        def invoke(session: str, event: dict[str, Any]) -> None:
            real(session, event)
            prefix = event["prefix"]
            names = {key.removeprefix(prefix).split("/")[0]: size for key, size in world.stored(prefix).items()}
            calls.append({name: names.get(name, 0) for name in ("pieces", "outputs")})

        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, invoke)
        return calls

    def test_a_small_change_of_much_is_a_small_piece(self, world: World, sent: list[dict[str, int]]) -> None:
        world.text("head -c 20000000 /dev/urandom > large; cp large ../mnt/session/outputs/large")
        world.text("echo more >> large")
        world.text("mkdir moved; mv large moved/; cp moved/large again; chmod 600 again; touch moved/large")
        world.text("echo more >> ../mnt/session/outputs/large")
        assert [round(call["pieces"] / 1e6) for call in sent] == [20, 4, 0, 0]
        assert [round(call["outputs"] / 1e6) for call in sent] == [20, 0, 0, 20]
        world.cold()
        assert (
            world.text("cmp moved/large again && cmp again ../mnt/session/outputs/large && wc -c < again") == "20000005"
        )

    def test_what_compresses_is_compressed(self, world: World, sent: list[dict[str, int]]) -> None:
        world.text("yes | head -c 30000000 > yes")
        assert sent[0]["pieces"] < 1_000_000
        world.cold()
        assert world.text("yes | head -c 30000000 | cmp - yes && echo same") == "same"

    def test_a_warm_environment_fetches_nothing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.text("mkdir d; echo one > d/a; echo two > d/b; echo out > ../mnt/session/outputs/o")
        real = world.client.generate_presigned_url

        def presign(operation: str, **rest: Any) -> str:
            key = rest["Params"]["Key"]
            return "http://127.0.0.1:9/x" if "/pieces/" in key or "/outputs/" in key else real(operation, **rest)

        monkeypatch.setattr(world.client, "generate_presigned_url", presign)
        world.text("echo three > d/b")
        assert world.text("cat d/* ../mnt/session/outputs/o") == "one\nthree\nout"
        assert world.functions.starts == 1


class TestGenerations:
    """None that was given is ever changed; which of them is the session's, others say."""

    def test_a_command_can_begin_with_an_earlier_one(self, world: World) -> None:
        world.text("echo first > a; mkdir d; echo x > d/x")
        first = world.generation
        world.text("echo second > a; rm -r d; echo y > d; ln -s a l; mkdir m")
        second = world.generation
        assert first != second
        assert world.text("cat a d/x; ls", generation=first) == "first\nx\na\nd"
        assert world.text("cat a d; ls", generation=second) == "second\ny\na\nd\nl\nm"
        assert world.text("ls; ls -A ~", generation="") == ""

    def test_a_command_that_is_to_keep_nothing_leaves_nothing(self, world: World) -> None:
        world.text("echo one > a; chmod 400 a")
        before = world.generation
        ended = world.run("chmod 600 a; echo two > a; echo b > b; rm -rf ~; cat a", keeps=False)
        assert (ended.exit_code, ended.generation, ended.lost, world.output) == (0, "", (), b"two\n")
        assert world.generation == before
        assert world.text("cat a; ls; stat -c %a a; cd; pwd >/dev/null") == "one\na\n400"

    def test_one_that_is_gone_is_an_empty_container(self, world: World) -> None:
        world.text("echo one > a")
        world.sandbox.discard(ROOT, "")
        assert world.stored(f"{ROOT}/") == {}
        ended = world.run("ls; echo new > b")
        assert (ended.exit_code, world.output) == (0, b"")
        assert ended.lost == ("The container's files are no longer stored here, so it began empty",)
        assert world.text("ls") == "b"

    def test_discarding_leaves_one_whole(self, world: World) -> None:
        world.text("head -c 100000 /dev/urandom > a; echo o > ../mnt/session/outputs/o; sha256sum a")
        digest = world.output
        for text in ("echo b > b", "rm b; echo c > c"):
            world.text(text)
        world.sandbox.discard(ROOT, "0" * 32)
        before = world.stored()
        world.sandbox.discard(ROOT, world.generation)
        assert set(world.stored()) < set(before)
        world.cold()
        assert world.text("cat c ../mnt/session/outputs/o; ls") == "c\no\na\nc"
        world.text("sha256sum a")
        assert world.output == digest
        for _ in range(2):
            world.sandbox.discard(ROOT, "")
            assert world.stored() == {}

    def test_the_end_of_the_function_keeps_nothing(self, world: World) -> None:
        world.text("echo one > a")
        before = world.generation
        ended = world.run("echo two > a; kill -9 $PPID; sleep 5")
        assert (ended.exit_code, ended.generation) == (None, "")
        assert "the sandbox broke" in ended.killed
        assert ended.lost == ("Nothing that the command has changed was kept",)
        assert (world.generation, world.text("cat a")) == (before, "one")

    def test_a_command_that_is_killed_keeps_what_it_did(self, world: World) -> None:
        ended = world.run("echo half > half; sleep 60", timeout=1.0)
        assert (ended.killed, ended.lost, bool(ended.generation)) == ("it took more than 1 seconds", (), True)
        assert world.text("cat half") == "half"


class Dying:
    """A client of S3 that dies at one of its calls that write or copy, before it or after it has taken effect."""

    def __init__(self, client: "S3Client", at: int, when: str) -> None:
        self._client, self._at, self._when, self._numbers = client, at, when, itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        return partial(self._call, real) if name in {"copy_object", "put_object", "delete_objects"} else real

    def _call(self, real: Any, **given: Any) -> Any:
        number = next(self._numbers)
        if number == self._at and self._when == "before":
            raise Died
        answer = real(**given)
        if number == self._at:
            raise Died
        return answer


class Died(Exception):
    """Whoever ran the command is no longer there."""


class TestDying:
    """RunTool dies while a generation is made: the session's is the one before, and nothing is left of the other."""

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_at_each_call_of_the_bucket(self, world: World, when: str) -> None:
        world.text("echo one > a; echo one > ../mnt/session/outputs/o")
        before, objects, at = world.generation, world.stored(), 0
        while True:
            at += 1
            client: Any = Dying(world.client, at, when)
            world.sandbox = LambdaSandbox(client, BUCKET, world.workspace, world.functions.invoke)
            try:
                world.run("echo two > a; echo two > ../mnt/session/outputs/o", generation=before)
                break
            except Died:
                world.generation = before
            world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, world.functions.invoke)
            assert world.text("cat a ../mnt/session/outputs/o", keeps=False) == "one\none", at
            world.sandbox.discard(ROOT, before)
            assert {key: size for key, size in world.stored().items() if not key.startswith(".staging/")} == objects
        assert at == 7, "addresses, the piece, the output, the index, the record, what is cleaned up, and the last one"
        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, world.functions.invoke)
        assert world.text("cat a ../mnt/session/outputs/o") == "two\ntwo"


class TestAddresses:
    def test_the_function_gets_those_of_its_own_container_and_mounts(self, world: World) -> None:
        info = world.workspace.write("t/identified/files", "k", [b"data"])
        world.mounts = (Mount("/mnt/session/uploads/data.csv", "t/identified/files", "k", info.version),)
        world.text("echo one > a; echo one > ../mnt/session/outputs/o")
        asked: list[str] = []
        real = world.client.generate_presigned_url

        def presign(operation: str, **rest: Any) -> str:
            assert operation == "get_object"
            asked.append(rest["Params"]["Key"])
            return real(operation, **rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world.client, "generate_presigned_url", presign)
            world.text("true")
        assert [key for key in asked if not key.startswith((f"{ROOT}/", ".staging/"))] == ["t/identified/files/k"]
        assert len(asked) == 5


class TestOutputs:
    def test_what_is_below_the_outputs_comes_out(self, world: World) -> None:
        made = "cd ../mnt/session/outputs; echo r > r.csv; mkdir -p d; echo x > d/x; ln -s r.csv link; mkfifo fifo"
        ended = world.run(f"{made}; echo no > ../no; printf y > $'a\\nb'")
        assert world.files == {"r.csv": b"r\n", "d/x": b"x\n"}
        told = {one.path: (one.size, one.sha256) for one in ended.outputs}
        assert told["r.csv"] == (2, hashlib.sha256(b"r\n").hexdigest())
        assert len(ended.lost) == 2, ended.lost
        assert all(
            sentence.startswith(("not kept: /mnt/session/outputs/fifo", "not brought out: ")) for sentence in ended.lost
        )

    def test_they_come_out_again_and_changed_ones_as_they_are(self, world: World) -> None:
        world.run("cd ../mnt/session/outputs; echo one > a; echo two > b; echo three > c")
        world.cold()
        world.run("cd ../mnt/session/outputs; echo new > a; rm b; mv c d")
        assert world.files == {"a": b"new\n", "d": b"three\n"}
        world.run("true")
        assert world.files == {"a": b"new\n", "d": b"three\n"}
        world.run("true", keeps=False)
        assert world.files == {}


class TestMounts:
    @pytest.fixture(autouse=True)
    def mounted(self, world: World) -> None:
        places = ("/mnt/session/uploads/in/data.csv", "/workspace/b.csv", "/data/c.csv")
        for number, place in enumerate(places):
            info = world.workspace.write("t/identified/files", f"k{number}", [b"%d" % number])
            world.mounts += (Mount(place, "t/identified/files", f"k{number}", info.version),)

    CAT = "cat ../mnt/session/uploads/in/data.csv b.csv ../data/c.csv ../uploads/in/data.csv"

    def test_files_are_where_they_are_mounted(self, world: World) -> None:
        assert world.text(self.CAT) == "0120"
        assert world.text("stat -c %a b.csv") == "444"
        assert world.text('echo "$WALKAWAY_PLACES"').count("c.csv") == 2, "which is not where it was asked for"
        world.cold()
        assert world.text(self.CAT) == "0120"
        world.mounts = world.mounts[:1]
        assert world.text("ls; ls ../data ../mnt/session/uploads/in; cat ../uploads/in/data.csv").endswith(
            "data.csv\n0"
        )
        assert "b.csv" not in world.output.decode()

    def test_they_stay_what_they_are(self, world: World) -> None:
        world.text("echo mine > own")
        ended = world.run(
            "chmod 600 b.csv; echo x > b.csv; cd ..; rm -r data mnt/session/uploads; ln -s / mnt/session/uploads"
        )
        assert len(ended.lost) == 3, ended.lost
        assert world.text(self.CAT) == "0120"
        assert world.text("cat own") == "mine"

    def test_one_that_is_gone_or_another_is_said_to_be(self, world: World) -> None:
        world.workspace.write("t/identified/files", "k0", [b"another"])
        world.workspace.delete("t/identified/files", "k1")
        ended = world.run("ls b.csv; ls ../uploads/in; cat ../data/c.csv")
        assert sorted(ended.lost) == [
            f"not mounted: /{place} is no longer there as it was"
            for place in ("mnt/session/uploads/in/data.csv", "workspace/b.csv")
        ]


def test_a_command_reads_what_it_is_given(world: World) -> None:
    given = b"\x00line\n" * 1_000_000
    world.run("sha256sum; wc -c; ls /proc/self/fd | wc -l", stdin=given)
    assert world.output.decode().split()[0] == hashlib.sha256(given).hexdigest()
    assert world.text("cat | wc -c") == "0"
    with pytest.raises(SandboxRefused):
        world.run("cat", stdin=b"x" * (STDIN_BYTES + 1))


def test_commands_can_write_as_much_as_a_page_of_pictures(world: World) -> None:
    world.run("head -c 16000000 /dev/zero", keeps=False)
    assert len(world.output) == 16_000_000


def test_a_session_may_have_commands_of_both_kinds(world: World) -> None:
    world.workspace.write("t/files", "a.txt", [b"theirs"])
    native = Command("cat a.txt", "t/files", ("",), ("",), 20.0, owner="sess_1")
    for number in range(2):
        with world.sandbox.run(native, world.heard) as finished:
            assert finished.exit_code == 0
        assert world.text(f'echo {number} >> own; cat own; ls -A . "$TMPDIR"').startswith("0")
        assert "a.txt" not in world.output.decode()


class TestHostile:
    """What a command leaves that nobody can keep, or that is to lead the function astray."""

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("mkfifo f; python3 -c 'import socket as s; s.socket(s.AF_UNIX).bind(\"s\")'", "is no regular file"),
            (
                "cd_() { mkdir -p $1; cd $1; }; for i in 1 2 3; do cd_ $(printf 'd/%.0s' $(seq 40)); done",
                "deeper",
            ),
            ("mkdir -p c/d; echo x > c/d/x; chmod 000 c/d/x c/d c", ""),
            ("for i in $(seq 300); do mkfifo f$i; done", "not kept: 280 more"),
        ],
        ids=["no files", "deep", "closed", "many"],
    )
    def test_what_cannot_be_kept_is_said_and_gone(self, world: World, command: str, said: str) -> None:
        world.text("echo one > a")
        ended = world.run(command)
        assert ended.exit_code == 0, world.output
        assert ended.generation
        assert said in " ".join(ended.lost)
        for _ in range(2):
            assert world.text("cat a; find . -type p -o -type s 2> /dev/null || true") == "one"
            world.cold()

    @pytest.mark.parametrize(
        "command",
        [
            'cd /; rm -rf "$TMPDIR"/.container "$TMPDIR"/* ',
            "cd ..; rm -rf workspace mnt home; ln -s /etc workspace; ln -s /proc/self mnt; echo x > home",
            'cd "$TMPDIR"; rm -rf .container; ln -s /etc .container',
            'cd "$TMPDIR"; rm -rf .container; echo x > .container',
            'cd ..; mkdir tmp; echo x > tmp/x; chmod 000 . "$TMPDIR"',
        ],
    )
    def test_a_container_that_is_taken_apart_goes_on(self, world: World, command: str) -> None:
        world.text("echo one > a")
        first = world.generation
        world.run(command)
        assert b"root:" not in b"".join(
            world.client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in world.stored(f"{ROOT}/pieces/")
        )
        assert world.text("echo new > b; cat b") == "new"
        assert world.text("cat a", generation=first) == "one"

    def test_the_functions_memory_is_not_kept(self, world: World) -> None:
        ended = world.run("ln -s /proc/$PPID/environ env; ln -s /proc/$PPID proc; cat env")
        assert b"worthless" not in world.output
        assert ended.lost == ()
        for key in world.stored(f"{ROOT}/"):
            assert b"worthless" not in world.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def test_too_much_is_not_kept(self, world: World) -> None:
        world.text("echo one > a")
        ended = world.run("for i in 1 2 3; do truncate -s 900M $i; done; sleep 10")
        assert ended.killed.startswith("it made more than 50000 files, 2000000000 bytes")
        assert (ended.generation, len(ended.lost)) == ("", 1)
        assert ended.lost[0].startswith("nothing was kept: there were")
        assert world.text("cat a; ls") == "one\na"


GOOD: Any = {"exit_code": 0, "killed": "", "changed": [], "deleted": [], "lost": []}


class TestForged:
    """What a function says that a command has taken over: no name, size or digest of it is believed."""

    def forge(
        self, world: World, kept: Any, files: tuple[str, ...] = ("index", "pieces/{}-1", "outputs/{}-1")
    ) -> Finished:
        def invoke(_: str, event: dict[str, Any]) -> None:
            key = f"{event['prefix']}container.json"
            name = json.loads(world.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())["next"]
            for file in files:
                world.client.put_object(Bucket=BUCKET, Key=event["prefix"] + file.format(name), Body=b"forged")
            body = json.dumps(GOOD | {"kept": kept}).replace("NAME", name).encode()
            world.client.put_object(Bucket=BUCKET, Key=f"{event['prefix']}manifest.json", Body=body)

        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, invoke)
        return world.run("true")

    def test_sizes_and_digests_are_those_found_here(self, world: World) -> None:
        found = self.forge(
            world, {"pieces": ["NAME-1"], "outputs": [["a", "NAME-1"], ["../b", "NAME-1"], ["./c", "NAME-1"]]}
        )
        (output,) = found.outputs
        assert (output.path, output.size, output.sha256) == ("a", 6, hashlib.sha256(b"forged").hexdigest())
        assert world.files == {"a": b"forged"}
        assert [sentence.startswith("not brought out") for sentence in found.lost] == [True, True]

    @pytest.mark.parametrize(
        "kept",
        [
            {"pieces": ["NAME-2"], "outputs": []},
            {"pieces": ["../../../t/files/secret"], "outputs": []},
            {"pieces": [], "outputs": [["a", "../index"]]},
            {"pieces": [], "outputs": [["a", "0" * 32 + "-1"]]},
        ],
    )
    def test_what_was_neither_there_nor_sent_is_not_kept(self, world: World, kept: Any) -> None:
        found = self.forge(world, kept)
        assert (found.generation, found.outputs) == ("", ())
        assert found.lost == ("Nothing was kept: what the sandbox said of it does not fit with what it sent",)
        assert world.stored(f"{ROOT}/") == {}

    @pytest.mark.parametrize(
        "kept", [[], "x", {"pieces": 1, "outputs": []}, {"outputs": []}, {"pieces": [], "outputs": [1]}]
    )
    def test_a_manifest_of_another_shape_is_none(self, world: World, kept: Any) -> None:
        found = self.forge(world, kept)
        assert (found.exit_code, found.generation) == (None, "")

    def test_an_index_that_cannot_be_read_breaks_its_own_container_alone(self, world: World) -> None:
        world.text("true")
        self.forge(world, {"pieces": [], "outputs": []}, ("index",))
        world.cold()
        ended = world.run("echo x")
        assert (ended.exit_code, ended.generation) == (None, "")
        assert "index of the container" in ended.killed
