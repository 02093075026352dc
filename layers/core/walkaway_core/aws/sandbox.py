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

from walkaway_core.aws import manifest as manifests
from walkaway_core.aws.containers import GONE, Containers, Kept, Record
from walkaway_core.aws.invoking import Invoke, Throttled
from walkaway_core.ports.containers import HOME, PLACES, WORKING, Container
from walkaway_core.ports.paths import covers
from walkaway_core.ports.sandbox import (
    MOST_BYTES,
    STDIN_BYTES,
    Command,
    FileChange,
    Finished,
    SandboxRefused,
    readable,
)
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from walkaway_core.ports.workspace import Workspace

MARGIN = 300
"""Seconds beyond the command's own for which addresses are good: for files on their way."""
POLL = 1.0
STAGING = ".staging"
"""Beside the tenants' roots; no tenant's name begins with a dot."""

LATEST, AT_LEAST = 840.0, 20.0
"""Seconds within which a command that waits for room must be over if it takes all its time, so that its call has time
for what it changed; but so long each one waits."""
PAUSE, LONGEST_PAUSE = 1.0, 15.0
"""Seconds of the first pause and of the longest; each is twice the one before, less up to a half by chance."""
NO_ROOM = (
    "The command was not begun: the server is running as many functions as it may. Nothing has changed; run it again "
    "later, or go on without it"
)

BELOW = "/opt/container"
"""Where a function without an image has the places of a container, but for temporary files."""
PLACES_BELOW = {place: f"{BELOW}{place}" if place in {WORKING, "/mnt", HOME} else place for place in PLACES}


class LambdaSandbox:
    """Sandbox: each call is one invocation of the sandbox function."""

    def __init__(
        self, client: "S3Client", bucket: str, workspace: "Workspace", invoke: Invoke, *, links: bool = False
    ) -> None:
        """`links`: the function is the image, in which the places of a container have their own names."""
        self._client = client
        self._bucket = bucket
        self._workspace = workspace
        self._invoke = invoke
        self._links = links
        self._containers = Containers(client, bucket)

    def problem(self) -> str | None:
        """Nothing is missing."""
        return None

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        """Invoke the function when there is room, listen to its output, read what it has left."""
        prefix = f"{STAGING}/{secrets.token_hex(16)}/"
        try:
            if command.container:
                yield self._run_in(command.container, command, prefix, heard)
            else:
                seen = {path: info.version for path, info in readable(self._workspace, command)}
                failure = self._with_room(command, prefix, lambda: self._event(command, prefix, seen), heard)
                yield self._finished(command, prefix, seen, failure)
        finally:
            self._clean(prefix)

    def places(self) -> Mapping[str, str]:
        """Say where the function has them."""
        return places(links=self._links)

    def discard(self, root: str, keep: str) -> None:
        """Remove what only other generations have."""
        self._containers.discard(root, keep)

    def _run_in(self, container: Container, command: Command, prefix: str, heard: Callable[[bytes], None]) -> Finished:
        """Run a command in a container, and make a generation of what it leaves."""
        if len(command.stdin) > STDIN_BYTES:
            raise SandboxRefused(f"A command can be given {STDIN_BYTES} bytes to read, not {len(command.stdin)}")
        name = secrets.token_hex(16)
        record = self._containers.record(container)

        def event() -> dict[str, Any]:
            address = self._addresses(int(command.timeout) + MARGIN)
            told = self._containers.told(container, record, name, command.stdin, address)
            return self._told(command, prefix, "container", told)

        failure = self._with_room(command, prefix, event, heard)
        lost = () if record else (GONE,)
        manifest = manifests.manifest(self._read(f"{prefix}manifest.json"))
        if manifest is None:
            return Finished(None, _broken(failure), lost=(*lost, "Nothing that the command has changed was kept"))
        kept = Kept()
        if container.keeps and manifest["kept"]:
            kept = self._containers.keep(container.root, record or Record(), name, manifest["kept"], prefix)
        lost += (*manifest["lost"], *kept.lost)
        return Finished(
            manifest["exit_code"], manifest["killed"], lost=lost, generation=kept.generation, outputs=kept.outputs
        )

    def _with_room(
        self, command: Command, prefix: str, event: Callable[[], dict[str, Any]], heard: Callable[[bytes], None]
    ) -> BaseException | None:
        """Carry it out, again after pauses while there is no room, with new addresses each time.

        Raises SandboxRefused when it would end too late.
        """
        until = time.monotonic() + max(AT_LEAST, LATEST - command.timeout)
        for tries in itertools.count():
            failure = self._carry_out(event(), command.owner, prefix, heard)
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
        """What the function is told for a command that works on a copy: its files."""
        address = self._addresses(int(command.timeout) + MARGIN)
        files = [[path, version, address(f"{command.root}/{path}")] for path, version in seen.items()]
        return self._told(command, prefix, "files", files)

    def _addresses(self, seconds: int) -> Callable[[str], str]:
        def address(key: str) -> str:
            where = {"Bucket": self._bucket, "Key": key}
            return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)

        return address

    def _told(self, command: Command, prefix: str, what: str, listed: Any) -> dict[str, Any]:
        """What the function is told: addresses that are good for this call alone.

        Those of files stand in an object, because thousands of them would not fit into an invocation.
        """
        seconds = int(command.timeout) + MARGIN
        self._client.put_object(Bucket=self._bucket, Key=f"{prefix}{what}.json", Body=jsontext.dump_bytes(listed))
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
            what: self._addresses(seconds)(f"{prefix}{what}.json"),
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
        sizes = dict(self._containers.objects(f"{prefix}files/"))
        manifest = manifests.manifest(self._read(f"{prefix}manifest.json"))
        if manifest is None:
            return Finished(None, f"{_broken(failure)}; nothing that the command has changed was kept")
        changes = []
        for path, number in manifest["changed"]:
            key = f"{prefix}files/{number}"
            if key in sizes:
                version = seen.get(path, "" if covers(command.read, path) else None)
                changes.append(FileChange(path, version, sizes[key], lambda key=key: self._containers.contents(key)))  # type: ignore[misc]
        changes += [FileChange(path, seen[path]) for path in manifest["deleted"] if path in seen]
        return Finished(manifest["exit_code"], manifest["killed"], tuple(changes), tuple(manifest["lost"]))

    def _read(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(manifests.MOST_BYTES)
        except self._client.exceptions.NoSuchKey:
            return b""

    def _clean(self, prefix: str) -> None:
        keys = [{"Key": key} for key, _ in self._containers.objects(prefix)]
        for start in range(0, len(keys), 1000):
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys[start : start + 1000]})  # type: ignore[typeddict-item]


def places(*, links: bool) -> Mapping[str, str]:
    """Say where commands find the places of a container, in a function that is the image (`links`) or none."""
    return {place: place for place in PLACES} if links else PLACES_BELOW


def _broken(failure: BaseException | None) -> str:
    return f"the sandbox broke ({failure})" if failure else "the sandbox gave no result"
