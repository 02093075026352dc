"""The Sandbox port on AWS: a Lambda function that may do nothing, files by presigned addresses.

The function gets addresses of the files that the command may read, and one policy that allows it to put objects below
the call's own prefix. Nothing that it says is believed: names, versions and sizes are those that are found here.
"""

import itertools
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from walkaway_core.ports.paths import covers
from walkaway_core.ports.sandbox import MOST_BYTES, Command, FileChange, Finished, SandboxRefused, readable
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client

    from walkaway_core.ports.workspace import Workspace

MANIFEST_BYTES = 20_000_000
MARGIN = 300
"""Seconds beyond the command's own for which addresses are good: for files on their way."""
POLL = 1.0
LONGEST = 905
"""Seconds: a Lambda's 15 minutes and a little."""
STAGING = ".staging"
"""Beside the tenants' roots; no tenant's name begins with a dot."""

LATEST, AT_LEAST = 840.0, 20.0
"""Seconds within which a command that waits for room must be over if it takes all its time, so that its call has time
for what it changed; but so long each one waits."""
PAUSE, LONGEST_PAUSE = 1.0, 15.0
"""Seconds of the first pause and of the longest; each is twice the one before, less up to a half by chance."""
THROTTLED = {"TooManyRequestsException", "EC2ThrottledException"}
"""Errors after which nothing has begun, and may soon: the account runs as much as it may (Lambda API, Invoke)."""
NO_ROOM = (
    "The command was not begun: the server is running as many functions as it may. Nothing has changed; run it again "
    "later, or go on without it"
)

Invoke = Callable[[str, dict[str, Any]], None]
"""Carries out one call, for this session, in a function that no other session shares. Raises when it fails, and
Throttled when it has not begun."""


class FunctionFailed(Exception):
    """The sandbox function gave no answer of its own."""


class Throttled(Exception):
    """The sandbox function has not begun, for want of room."""


def connect(**options: Any) -> "LambdaClient":
    """Make a client that waits for as long as a function may run, and never sends a call twice.

    By default botocore gives up after 60 seconds of silence and tries again, while the first command still runs.
    """
    config = Config(read_timeout=LONGEST, connect_timeout=10, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    return boto3.client("lambda", config=config, **options)


def invoker(client: "LambdaClient", function: str) -> Invoke:
    """Call a function of this name, each session in environments of its own (Lambda guide, tenant isolation)."""

    def invoke(session: str, event: dict[str, Any]) -> None:
        try:
            answer = client.invoke(FunctionName=function, TenantId=session, Payload=jsontext.dump_bytes(event))
        except ClientError as error:
            if error.response["Error"]["Code"] in THROTTLED:
                raise Throttled from error
            raise
        if "FunctionError" in answer:
            raise FunctionFailed(answer["Payload"].read(1000).decode(errors="replace"))

    return invoke


class LambdaSandbox:
    """Sandbox: each call is one invocation of the sandbox function."""

    def __init__(self, client: "S3Client", bucket: str, workspace: "Workspace", invoke: Invoke) -> None:
        self._client = client
        self._bucket = bucket
        self._workspace = workspace
        self._invoke = invoke

    def problem(self) -> str | None:
        """Nothing is missing."""
        return None

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        """Invoke the function when there is room, listen to its output, read what it has left."""
        prefix = f"{STAGING}/{secrets.token_hex(16)}/"
        seen = {path: info.version for path, info in readable(self._workspace, command)}
        try:
            failure = self._with_room(command, prefix, seen, heard)
            yield self._finished(command, prefix, seen, failure)
        finally:
            self._clean(prefix)

    def _with_room(
        self, command: Command, prefix: str, seen: Mapping[str, str], heard: Callable[[bytes], None]
    ) -> BaseException | None:
        """Carry it out, again after pauses while there is no room, with new addresses each time.

        Raises SandboxRefused when it would end too late.
        """
        until = time.monotonic() + max(AT_LEAST, LATEST - command.timeout)
        for tries in itertools.count():
            failure = self._carry_out(self._event(command, prefix, seen), command.owner, prefix, heard)
            if not isinstance(failure, Throttled):
                return failure
            again = time.monotonic() + min(LONGEST_PAUSE, PAUSE * 2.0**tries) * random.uniform(0.5, 1)  # noqa: S311
            if again >= until:
                break
            while (left := again - time.monotonic()) > 0:
                heard(b"")
                time.sleep(min(POLL, left))
        raise SandboxRefused(NO_ROOM)

    def _event(self, command: Command, prefix: str, seen: Mapping[str, str]) -> dict[str, Any]:
        """What the function is told: addresses that are good for this call alone.

        The files' addresses stand in an object, because thousands of them would not fit into an invocation.
        """
        seconds = int(command.timeout) + MARGIN

        def address(key: str) -> str:
            where = {"Bucket": self._bucket, "Key": key}
            return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)

        files = [[path, version, address(f"{command.root}/{path}")] for path, version in seen.items()]
        self._client.put_object(Bucket=self._bucket, Key=f"{prefix}files.json", Body=jsontext.dump_bytes(files))
        post = self._client.generate_presigned_post(
            self._bucket,
            f"{prefix}${{filename}}",
            Conditions=[["starts-with", "$key", prefix], ["content-length-range", 0, MOST_BYTES]],
            ExpiresIn=seconds,
        )
        fields = {name: value for name, value in post["fields"].items() if name != "key"}
        return {
            "command": command.text,
            "timeout": command.timeout,
            "files": address(f"{prefix}files.json"),
            "post": {"url": post["url"], "fields": fields},
            "prefix": prefix,
        }

    def _carry_out(
        self, event: dict[str, Any], owner: str, prefix: str, heard: Callable[[bytes], None]
    ) -> BaseException | None:
        """Invoke, and pass output on meanwhile; give why the invocation failed, if it did.

        When `heard` raises, nobody waits any more: the function ends by itself, and what it posts is never looked at.
        """
        failures: list[BaseException] = []

        def invoke() -> None:
            try:
                self._invoke(owner, event)
            except Exception as error:  # noqa: BLE001 - the manifest decides what it means
                failures.append(error)

        thread = threading.Thread(target=invoke, name="sandbox", daemon=True)
        thread.start()
        last = f"{prefix}output/"
        while thread.is_alive():
            thread.join(POLL)
            last = self._listen(prefix, last, heard)
        self._listen(prefix, last, heard)
        return failures[0] if failures else None

    def _listen(self, prefix: str, last: str, heard: Callable[[bytes], None]) -> str:
        """Pass on what has been written since; give the last piece's key."""
        heard(b"")
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{prefix}output/", StartAfter=last)
        for item in page.get("Contents", ()):
            last = item["Key"]
            heard(self._client.get_object(Bucket=self._bucket, Key=last)["Body"].read())
        return last

    def _finished(
        self, command: Command, prefix: str, seen: Mapping[str, str], failure: BaseException | None
    ) -> Finished:
        sizes = dict(self._sizes(f"{prefix}files/"))
        manifest = _manifest(self._read(f"{prefix}manifest.json"))
        if manifest is None:
            why = f"the sandbox broke ({failure})" if failure else "the sandbox gave no result"
            return Finished(None, f"{why}; nothing that the command has changed was kept")
        changes = []
        for path, number in manifest["changed"]:
            key = f"{prefix}files/{number}"
            if key in sizes:
                version = seen.get(path, "" if covers(command.read, path) else None)
                changes.append(FileChange(path, version, sizes[key], lambda key=key: self._contents(key)))  # type: ignore[misc]
        changes += [FileChange(path, seen[path]) for path in manifest["deleted"] if path in seen]
        return Finished(manifest["exit_code"], manifest["killed"], tuple(changes), tuple(manifest["lost"]))

    def _sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            yield from ((item["Key"], item["Size"]) for item in page.get("Contents", ()))

    def _read(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(MANIFEST_BYTES)
        except self._client.exceptions.NoSuchKey:
            return b""

    def _contents(self, key: str) -> Iterator[bytes]:
        yield from self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(1024 * 1024)

    def _clean(self, prefix: str) -> None:
        keys = [{"Key": key} for key, _ in self._sizes(prefix)]
        for start in range(0, len(keys), 1000):
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys[start : start + 1000]})  # type: ignore[typeddict-item]


def _manifest(body: bytes) -> dict[str, Any] | None:
    """Read what the function says has changed: of the right shape, or nothing."""
    try:
        manifest = jsontext.loads(body)
        code = manifest["exit_code"]
        return {
            "exit_code": code if code is None else int(code),
            "killed": str(manifest["killed"])[:500],
            "changed": {str(path): int(number) for path, number, _ in manifest["changed"]}.items(),
            "deleted": list(dict.fromkeys(map(str, manifest["deleted"]))),
            "lost": [str(sentence)[:500] for sentence in manifest["lost"]],
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
