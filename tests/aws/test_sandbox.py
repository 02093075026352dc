"""The Sandbox on AWS: the function in processes of its own, S3 over a socket (moto's server), hostile commands."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from dev.sandbox import Sandboxes
from tests.security.scene import DAEMON, daemons
from walkaway_core.agent.tools.bash import LONGEST, Bash
from walkaway_core.aws import invoking, sandbox
from walkaway_core.aws.sandbox import LambdaSandbox
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.sandbox import Command, FileChange, Finished, SandboxRefused

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "walkaway-sandbox"
FILES = "t/files"


class World:
    """A bucket, a workspace in it, and the function."""

    def __init__(self, client: "S3Client") -> None:
        self.client = client
        self.workspace = S3Workspace(client, BUCKET)
        self.functions = Sandboxes()
        self.sandbox = LambdaSandbox(client, BUCKET, self.workspace, self.functions.invoke)
        self.output = b""
        self.pieces: list[bytes] = []

    def put(self, path: str, data: bytes) -> None:
        self.workspace.write(FILES, path, [data])

    def run(self, text: str, *, session: str = "sess_1", timeout: float = 20.0, **scope: Any) -> Finished:
        """Run a command; keep its output, and the contents of what it changed."""
        self.output, self.pieces, self.contents = b"", [], {}
        command = Command(text, FILES, scope.get("read", ("",)), scope.get("write", ("",)), timeout, owner=session)
        with self.sandbox.run(command, self.heard) as finished:
            for change in finished.changes:
                if change.contents:
                    self.contents[change.path] = b"".join(change.contents())
        return finished

    def heard(self, data: bytes) -> None:
        if data:
            self.pieces.append(data)
        self.output += data

    def stored(self) -> list[str]:
        return [item["Key"] for item in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


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


def told(changes: tuple[FileChange, ...]) -> dict[str, str | None]:
    return {change.path: change.version for change in changes}


def test_a_command_works_on_a_copy_and_its_changes_come_back(world: World) -> None:
    world.put("a.txt", b"one")
    world.put("b/c.txt", b"two")
    found = world.run("cat a.txt b/c.txt; echo new > a.txt; echo made > d.txt; rm b/c.txt; exit 3")
    assert (found.exit_code, found.killed, world.output) == (3, "", b"onetwo")
    versions = {path: (world.workspace.stat(FILES, path) or pytest.fail(path)).version for path in ("a.txt", "b/c.txt")}
    assert told(found.changes) == {"a.txt": versions["a.txt"], "d.txt": "", "b/c.txt": versions["b/c.txt"]}
    assert world.contents == {"a.txt": b"new\n", "d.txt": b"made\n"}
    assert [key for key in world.stored() if key.startswith(".staging/")] == [], "the call's own prefix is emptied"
    assert b"".join(world.workspace.read(FILES, "a.txt") or ()) == b"one", "nothing is promoted by the sandbox"


def test_a_file_deeper_than_commands_go_stops_none_of_them(world: World) -> None:
    world.put("d/" * 460 + "f", b"uploaded once")
    world.put("d/" * 100 + "f", b"as deep as may be")
    ended = world.run("sleep 1; find . -type f -exec cat {} +; echo new > new.txt")
    assert (ended.exit_code, ended.killed, world.output) == (0, "", b"as deep as may be")
    assert told(ended.changes) == {"new.txt": ""}


def test_only_what_has_changed_moves_the_second_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        world.put(f"f{number}", b"x" * number)
    found = world.run("echo mine > f1")
    world.workspace.write(FILES, "f1", [world.contents["f1"]])
    world.put("f2", b"theirs")
    real = world.client.generate_presigned_url
    broken: set[str] = set()

    def presign(operation: str, **rest: Any) -> str:
        url = real(operation, **rest)
        key = rest["Params"]["Key"].rpartition("/")[2]
        if key in ("f2", "files.json"):
            return url
        broken.add(key)
        return "http://127.0.0.1:9/nobody-listens-here"

    monkeypatch.setattr(world.client, "generate_presigned_url", presign)
    again = world.run("cat f1 f2 f3")
    assert (found.exit_code, again.exit_code, world.output) == (0, 0, b"mine\ntheirsxxx")
    assert len(broken) == 19
    assert world.functions.starts == 1


def test_thousands_of_files_fit_into_a_call(world: World) -> None:
    """Lambda takes 6 MB (Lambda quotas); addresses with a role's token have two thousand characters each."""
    for number in range(50):
        world.put(f"{'é' * 100}{number}", b"x")
    assert world.run("ls | wc -l").exit_code == 0
    assert world.output.strip() == b"50"
    ((_, event),) = world.functions.calls
    assert len(json.dumps(event)) < 5_000


def test_sessions_share_nothing(world: World) -> None:
    world.run("echo secret > /tmp/mark-of-one 2>/dev/null; echo x > mine.txt", session="sess_1")
    world.run("cat mine.txt; ls", session="sess_2")
    assert b"x" not in world.output.replace(b"mine.txt", b"").split()
    assert {session for session, _ in world.functions.calls} == {"sess_1", "sess_2"}
    assert world.functions.starts == 2


def test_output_comes_while_it_runs_in_pieces(world: World) -> None:
    world.run("for i in 1 2 3; do echo $i; sleep 1.2; done")
    assert world.output == b"1\n2\n3\n"
    assert len(world.pieces) >= 2


def test_a_command_that_takes_too_long_is_killed(world: World) -> None:
    found = world.run("echo begun > half.txt; sleep 60", timeout=1.0)
    assert (found.exit_code, found.killed) == (None, "it took more than 1 seconds")
    assert world.contents == {"half.txt": b"begun\n"}


def test_whoever_does_not_want_it_any_more_leaves_at_once(world: World) -> None:
    class Enough(Exception):
        pass

    def heard(_: bytes) -> None:
        raise Enough

    with pytest.raises(Enough), world.sandbox.run(Command("sleep 3", FILES, ("",), ("",), 20.0, owner="s"), heard):
        pass


class TestNoRoom:
    """The account runs as many functions as it may: the command has not begun, and its call waits."""

    @pytest.fixture
    def tries(self, world: World, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        """Twice there is no room; give what was asked for each time."""
        asked: list[dict[str, Any]] = []

        def invoke(session: str, event: dict[str, Any]) -> None:
            asked.append(event)
            if len(asked) <= 2:
                raise invoking.Throttled
            world.functions.invoke(session, event)

        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, invoke)
        monkeypatch.setattr(sandbox, "PAUSE", 0.1)
        return asked

    def test_it_runs_once_when_there_is_room(self, world: World, tries: list[dict[str, Any]]) -> None:
        world.put("a.txt", b"one")
        ended = world.run("cat a.txt; echo new > b.txt")
        assert (ended.exit_code, world.output, world.contents) == (0, b"one", {"b.txt": b"new\n"})
        assert (len(tries), world.functions.starts) == (3, 1)
        assert [key for key in world.stored() if key.startswith(".staging/")] == []

    def test_it_is_given_up_in_time_for_its_call(
        self, world: World, tries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sandbox, "LATEST", 20.1)
        monkeypatch.setattr(sandbox, "AT_LEAST", 0.0)
        with pytest.raises(SandboxRefused, match=r"not begun.*Nothing has changed"):
            world.run("echo x > a.txt", timeout=20.0)
        assert 1 <= len(tries) <= 2
        assert world.stored() == []

    def test_whoever_waits_is_asked_whether_it_goes_on(self, world: World, tries: list[dict[str, Any]]) -> None:
        class Enough(Exception):
            pass

        def heard(_: bytes) -> None:
            if len(tries) == 2:
                raise Enough

        with pytest.raises(Enough), world.sandbox.run(Command("true", FILES, ("",), ("",), 20.0, owner="s"), heard):
            pass
        assert (len(tries), world.functions.starts) == (2, 0)

    def test_the_longest_command_has_time_for_what_it_leaves(self) -> None:
        waits = max(sandbox.AT_LEAST, sandbox.LATEST - LONGEST)
        assert waits + LONGEST + 20 <= Bash.seconds()


class TestHostile:
    @pytest.mark.parametrize(
        "command",
        ["env", "cat /proc/$PPID/environ", "cat /proc/[0-9]*/environ", "grep -a worthless /proc/$PPID/mem"],
    )
    def test_the_functions_environment_is_not_seen(self, world: World, command: str) -> None:
        world.run(f"{command} 2>/dev/null")
        assert b"worthless-but-not-to-be-seen" not in world.output

    @pytest.mark.parametrize(
        "command",
        [
            f"sleep {DAEMON} >/dev/null 2>&1 & disown",
            f"setsid sleep {DAEMON} >/dev/null 2>&1 &",
            f"( ( setsid sleep {DAEMON} >/dev/null 2>&1 & ) & )",
            f"for i in 1 2 3 4; do (setsid bash -c 'while :; do sleep {DAEMON} & done' >/dev/null 2>&1 &); done",
        ],
        ids=["in the background", "setsid", "forked twice", "without end"],
    )
    def test_nothing_runs_on(self, world: World, command: str) -> None:
        assert world.run(command).exit_code == 0
        assert daemons() == []
        assert world.run("true").exit_code == 0

    def test_nothing_is_left_in_the_temporary_directory(self, world: World) -> None:
        world.run('echo x > "$TMPDIR/left"; echo y > ../beside')
        world.run('ls "$TMPDIR" ..')
        assert b"left" not in world.output
        assert b"beside" not in world.output

    @pytest.mark.parametrize("signal", ["-9", "-TERM"])
    def test_killing_the_function_gives_no_result_and_no_change(self, world: World, signal: str) -> None:
        found = world.run(f"echo x > a; kill {signal} $PPID; sleep 5")
        assert found.exit_code is None
        assert "nothing that the command has changed was kept" in found.killed
        assert found.changes == ()
        assert world.run("echo fine").exit_code == 0
        assert world.output == b"fine\n"

    def test_links_and_odd_files_do_not_come_back(self, world: World) -> None:
        odd = "ln -s /etc/passwd l; mkfifo f; ln -s /etc d; echo x > ok; chmod 000 ok; mkdir s; chmod 000 s"
        found = world.run(odd)
        assert [change.path for change in found.changes if b"root:" in world.contents.get(change.path, b"")] == []
        assert any("'l' is no regular file" in sentence for sentence in found.lost)
        assert world.run("ls").exit_code == 0

    def test_names_that_are_no_text_come_back_as_something(self, world: World) -> None:
        found = world.run("echo x > $'\\xff'; echo y > $'a\\nb'")
        assert set(world.contents) == {"\ufffd", "a\nb"}, "promotion refuses both"
        assert found.exit_code == 0

    def test_a_flood_is_cut(self, world: World) -> None:
        world.run("head -c 30000000 /dev/zero")
        assert len(world.output) == 10_000_000


GOOD: Any = {"exit_code": 0, "killed": "", "changed": [], "deleted": [], "lost": []}


class TestForged:
    """What a function says that a command has taken over: nothing of it is believed."""

    def forge(self, world: World, manifest: Any, files: tuple[str, ...] = ("1",)) -> Finished:
        def invoke(_: str, event: dict[str, Any]) -> None:
            for name in files:
                world.client.put_object(Bucket=BUCKET, Key=f"{event['prefix']}files/{name}", Body=b"forged")
            body = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
            world.client.put_object(Bucket=BUCKET, Key=f"{event['prefix']}manifest.json", Body=body)

        world.sandbox = LambdaSandbox(world.client, BUCKET, world.workspace, invoke)
        return world.run("true")

    def test_versions_and_sizes_are_those_found_here(self, world: World) -> None:
        world.put("a", b"1")
        found = self.forge(world, GOOD | {"changed": [["a", 1, 10**12], ["b", 1, -5]]})
        info = world.workspace.stat(FILES, "a")
        assert info
        assert [(c.path, c.version, c.size) for c in found.changes] == [("a", info.version, 6), ("b", "", 6)]

    def test_what_was_not_sent_is_no_change_and_what_was_not_there_is_no_deletion(self, world: World) -> None:
        found = self.forge(world, GOOD | {"changed": [["a", 7, 1]], "deleted": ["never", "../x"]})
        assert found.changes == ()

    @pytest.mark.parametrize(
        "manifest",
        [
            b"",
            b"no json",
            b"[]",
            b"null",
            {"exit_code": 0},
            {**GOOD, "changed": [["a", "../../t/files/secret", 1]]},
            {**GOOD, "changed": "x"},
            {**GOOD, "exit_code": "zero"},
            {**GOOD, "lost": None},
        ],
        ids=str,
    )
    def test_a_manifest_of_another_shape_is_none(self, world: World, manifest: Any) -> None:
        world.put("secret", b"s")
        found = self.forge(world, manifest)
        assert (found.exit_code, found.changes) == (None, ())


class TestInvoking:
    """The call of the function, over a socket."""

    @pytest.fixture
    def calls(self) -> Iterator[tuple[str, list[Any], list[Any]]]:
        """A Lambda service that takes its time: its address, the calls that it got, and how it answers them."""
        got: list[Any] = []
        answers: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                got.append((self.path, self.headers["x-amz-tenant-id"], body))
                seconds, headers, answer = answers[0]
                threading.Event().wait(seconds)
                self.send_response(headers.pop("status", 200))
                for name, value in {"content-length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got, answers
        server.shutdown()
        server.server_close()

    def invoke(self, endpoint: str) -> None:
        client = invoking.connect(
            endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        invoking.invoker(client, "sandbox")("sess_1", {"command": "true"})

    @pytest.mark.deep
    def test_a_command_of_65_seconds_runs_once(self, calls: tuple[str, list[Any], list[Any]]) -> None:
        endpoint, got, answers = calls
        answers.append((65, {}, b"null"))
        self.invoke(endpoint)
        assert got == [("/2015-03-31/functions/sandbox/invocations", "sess_1", {"command": "true"})]

    def test_a_function_that_breaks_says_how(self, calls: tuple[str, list[Any], list[Any]]) -> None:
        endpoint, got, answers = calls
        answers.append((0, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorType": "Runtime.ExitError"}'))
        with pytest.raises(invoking.FunctionFailed, match="ExitError"):
            self.invoke(endpoint)
        assert len(got) == 1

    @pytest.mark.parametrize("error", ["TooManyRequestsException", "EC2ThrottledException"])
    def test_a_throttled_function_has_not_begun(self, calls: tuple[str, list[Any], list[Any]], error: str) -> None:
        endpoint, got, answers = calls
        answers.append((0, {"status": 429, "x-amzn-errortype": error}, b'{"message": "Rate exceeded"}'))
        with pytest.raises(invoking.Throttled):
            self.invoke(endpoint)
        assert len(got) == 1, "it is the command's call that waits, and asks again"
