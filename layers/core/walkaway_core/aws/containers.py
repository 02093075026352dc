"""What containers are in the bucket: the generations of each, below its root, of objects that are never changed.

{generation}/index        what is in the tree, as the sandbox function writes and reads it; here nobody looks into it
{generation}/record.json  {"pieces": {name: size}, "outputs": {name: [size, sha256]}, "paths": [[path, output's name]]}
pieces/{name}             contents, which several generations may have; the first one's name is the beginning of theirs
outputs/{name}            the same of a file that comes out

The function posts them below the prefix of its call, whose form is good for minutes longer than the call; so they are
copied to where it cannot write, and the record comes last.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkaway_core.errors import PathInvalid
from walkaway_core.ports import paths
from walkaway_core.ports.containers import MOST_BYTES, MOST_OUTPUTS, Container, OutputFile
from walkaway_core.ports.items import Unknown
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

AT_ONCE = 8
"""Requests; a client has ten connections."""
CHUNK = 1024 * 1024
MOST_STORED = 2 * MOST_BYTES + 200_000_000
"""Bytes of a generation's objects: the function sends anew what is more than half superseded."""
GONE = "The container's files are no longer stored here, so it began empty"
FORGED = "Nothing was kept: what the sandbox said of it does not fit with what it sent"
TOO_LARGE = f"Nothing was kept: a generation of a container may have {MOST_STORED} bytes in the bucket"


@dataclass(frozen=True, slots=True)
class Record:
    """Of what a generation is. Names are ours, sizes and digests those that were found here."""

    pieces: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, tuple[int, str]] = field(default_factory=dict)
    paths: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kept:
    """What has become of a command's container."""

    generation: str = ""
    outputs: tuple[OutputFile, ...] = ()
    lost: tuple[str, ...] = ()


class Containers:
    """The generations of containers in one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def record(self, container: Container) -> Record | None:
        """Find what a generation is made of; None when it is no longer there. The empty one always is."""
        if not container.generation:
            return Record()
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=_record(container.root, container.generation))
        except self._client.exceptions.NoSuchKey:
            return None
        read = jsontext.loads(answer["Body"].read())
        outputs = {name: (size, digest) for name, (size, digest) in read["outputs"].items()}
        return Record(read["pieces"], outputs, [(path, name) for path, name in read["paths"]])

    def told(
        self, container: Container, record: Record | None, name: str, stdin: bytes, address: Callable[[str], str]
    ) -> dict[str, Any]:
        """Say what the function is to know (`container.carry_out` of it); the new generation gets this name."""
        root, generation = container.root, container.generation if record else ""
        record = record or Record()
        return {
            "index": address(f"{root}/{generation}/index") if generation else None,
            "pieces": {piece: address(f"{root}/pieces/{piece}") for piece in record.pieces},
            "outputs": {output: address(f"{root}/outputs/{output}") for output in record.outputs},
            "mounts": [[one.place, one.version, address(f"{one.root}/{one.path}")] for one in container.mounts],
            "stdin": base64.b64encode(stdin).decode(),
            "keeps": container.keeps,
            "next": name,
        }

    def keep(self, root: str, before: Record, name: str, said: Mapping[str, Any], prefix: str) -> Kept:
        """Make a generation of what a function has sent below a prefix, and said; the latter is a stranger's word."""
        sent = {key.removeprefix(prefix): size for key, size in self.objects(prefix)}
        pieces = _sizes(said["pieces"], before.pieces, "pieces/", name, sent)
        listed, lost = _addressable(said["outputs"])
        known = {output: size for output, (size, _) in before.outputs.items()}
        outputs = _sizes(listed.values(), known, "outputs/", name, sent)
        if pieces is None or outputs is None or "index" not in sent:
            return Kept(lost=(FORGED,))
        if sum(pieces.values()) + sum(outputs.values()) + sent["index"] > MOST_STORED:
            return Kept(lost=(TOO_LARGE,))
        new = [f"pieces/{piece}" for piece in pieces if piece not in before.pieces]
        new += [f"outputs/{output}" for output in outputs if output not in known]
        self._copy([(prefix + one, f"{root}/{one}") for one in new] + [(f"{prefix}index", f"{root}/{name}/index")])
        unread = [output for output in outputs if output not in before.outputs]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            digests = dict(
                zip(unread, pool.map(lambda one: self._digest(f"{root}/outputs/{one}"), unread), strict=True)
            )
        described = {output: before.outputs.get(output) or digests[output] for output in outputs}
        record = Record(pieces, described, list(listed.items()))
        body = jsontext.dump_bytes({"pieces": pieces, "outputs": described, "paths": record.paths})
        self._client.put_object(Bucket=self._bucket, Key=_record(root, name), Body=body)
        return Kept(name, tuple(self._outputs(root, record)), tuple(lost))

    def discard(self, root: str, keep: str) -> None:
        """Remove all that no generation but this one has. Nothing goes when this one is not there. Raises Unknown."""
        record = self.record(Container(root, keep)) if keep else Record()
        if record is None:
            return
        kept = {f"{root}/pieces/{piece}" for piece in record.pieces} | {_record(root, keep), f"{root}/{keep}/index"}
        kept |= {f"{root}/outputs/{output}" for output in record.outputs}
        gone = [key for key, _ in self.objects(f"{root}/") if not keep or key not in kept]
        for start in range(0, len(gone), 1000):
            some: Any = [{"Key": key} for key in gone[start : start + 1000]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})
            if answer.get("Errors"):
                raise Unknown("S3 has not deleted all that a container had")

    def objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Give the keys below a prefix, and their sizes."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            yield from ((item["Key"], item["Size"]) for item in page.get("Contents", ()))

    def contents(self, key: str) -> Iterator[bytes]:
        """Give the bytes of an object."""
        yield from self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(CHUNK)

    def _copy(self, pairs: Iterable[tuple[str, str]]) -> None:
        def copy(pair: tuple[str, str]) -> None:
            source, target = pair
            self._client.copy_object(
                Bucket=self._bucket, Key=target, CopySource={"Bucket": self._bucket, "Key": source}
            )

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(copy, pairs))

    def _digest(self, key: str) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        for chunk in self.contents(key):
            digest.update(chunk)
            size += len(chunk)
        return size, digest.hexdigest()

    def _outputs(self, root: str, record: Record) -> Iterator[OutputFile]:
        for path, name in record.paths:
            size, digest = record.outputs[name]
            yield OutputFile(path, size, digest, lambda key=f"{root}/outputs/{name}": self.contents(key))  # type: ignore[misc]


def _record(root: str, generation: str) -> str:
    return f"{root}/{generation}/record.json"


def _sizes(
    said: Iterable[str], before: Mapping[str, int], folder: str, generation: str, sent: Mapping[str, int]
) -> dict[str, int] | None:
    """Give the sizes of objects that the generation before had or that were sent; None when another is named."""
    sizes: dict[str, int] = {}
    for name in said:
        if name in before:
            sizes[name] = before[name]
        elif re.fullmatch(rf"{generation}-[0-9]{{1,6}}", name) and folder + name in sent:
            sizes[name] = sent[folder + name]
        else:
            return None
    return sizes


def _addressable(said: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Give the outputs that have a path; say which have none."""
    listed: dict[str, str] = {}
    lost: list[str] = []
    for path, name in said:
        try:
            clean = paths.clean_new(path)
        except PathInvalid as reason:
            lost.append(f"not brought out: {reason}")
            continue
        if clean != path or len(listed) == MOST_OUTPUTS:
            lost.append(f"not brought out: {paths.shown(path)[:200]}")
            continue
        listed[path] = name
    return listed, lost[:20]
