"""A process that does pieces of work and can be killed in the middle of one; it has no secret, and its own limits."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from walkaway_core.apart import child, priority
from walkaway_core.apart.child import Failed

KEPT = ("LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", child.FUNCTION)
"""What it is told of the environment, where keys stand as well."""
MAIN = "import sys; from walkaway_core.apart import child; child.serve(int(sys.argv[1]))"


class Broke(Exception):
    """The process ended by itself, or its work has a fault. The message says how."""


class Hand:
    """Does one piece of work after the other, which functions of `walkaway_core.apart` are, with arguments as JSON."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def do(self, work: str, *arguments: Any) -> Any:
        """Let it do `module:function` of this room; give what that gives: JSON, or bytes.

        Raises Failed with the work's own sentence, and Broke when the process is gone.
        """
        assert self._process.stdin
        assert self._process.stdout
        data = json.dumps([work, arguments]).encode()
        try:
            self._process.stdin.write(struct.pack(child.LENGTH, len(data)) + data)
            self._process.stdin.flush()
            head = self._process.stdout.read(child.HEAD)
            kind, size = head[:1], struct.unpack(child.LENGTH, head[1:])[0]
            answer = self._process.stdout.read(size)
        except (OSError, struct.error, ValueError):
            answer, size = b"", 1
        if len(answer) < size:
            self.kill()
            raise Broke(f"the process ended with {self._process.wait()}")
        if kind == child.BYTES:
            return answer
        if kind == child.FAILED:
            raise Failed(json.loads(answer))
        if kind == child.BROKE:
            raise Broke(json.loads(answer))
        return json.loads(answer)

    def kill(self) -> None:
        """End it now, from any thread; may be repeated."""
        self._process.kill()


@contextmanager
def hand() -> Iterator[Hand]:
    """Start a process, and end it with the block, or with the thread that has begun that."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - this interpreter, with words of ours
        [sys.executable, "-c", MAIN, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )
    try:
        priority.stand_back(process.pid)
        yield Hand(process)
    finally:
        process.kill()
        process.wait()
        for end in filter(None, (process.stdin, process.stdout)):
            with suppress(OSError):  # what was still to be written has no reader
                end.close()
