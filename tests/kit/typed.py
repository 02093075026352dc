"""Commands that a shell of a test's finds: what is typed there is forked, as `forked` does it, and a real process.

The shell starts an interpreter that imports next to nothing, hands its files on, and ends as what was forked ends.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.kit import forked

WAY: Final = "WALKAWAY_TEST_FORKED"
"""The variable that names the file by which forks are asked for. What is forked does not see it."""
STAND_IN: Final = """#!{python} -IS
import _socket, json, os, signal, sys
asked = _socket.socket(fileno=int(os.environ.pop({way!r})))
ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
said = {{"arguments": [{script!r}, *sys.argv[1:]], "environ": dict(os.environ), "folder": os.getcwd()}}
files = b"".join(file.to_bytes(4, sys.byteorder) for file in (1, 2, 0, theirs.fileno()))
asked.sendmsg([json.dumps(said).encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
theirs.close()
pid = int(ours.recv(64))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(pid, number))
code = int(ours.recv(64))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def command(script: Path, folder: Path, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[int, ...]]:
    """Have a shell find a script of Python by its name, forked if that is the same. `folder` is to have its stand-in.

    Give the shell's variables, and the files that it has to inherit.
    """
    path = {"PATH": f"{script.parent}:{environ['PATH']}"}
    if not forked.is_alike(environ):
        return {**environ, **path}, ()
    folder.mkdir()
    stand_in = folder / script.name
    stand_in.write_text(STAND_IN.format(python=sys.executable, way=WAY, script=str(script)))
    stand_in.chmod(0o755)
    way = forked.way()
    return {**environ, "PATH": f"{folder}:{path['PATH']}", WAY: str(way)}, (way,)
