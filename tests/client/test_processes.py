"""One client in many threads, and in a process that forks."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.kit.clients import quick
from tests.kit.servers import Running

FORKS = """
import os, sys
from walkaway import Walkaway

client = Walkaway()
session = client.sessions.create()
before = client._transport._client()
child = os.fork()
found = client.sessions.get(session.id)
assert found.id == session.id
if child:
    _, status = os.waitpid(child, 0)
    assert client._transport._client() is before
    print("parent", status)
else:
    assert client._transport._client() is not before
    os._exit(0)
"""


def test_a_process_that_forks_gets_connections_of_its_own(server: Running) -> None:
    environ = {"WALKAWAY_URL": server.url, "WALKAWAY_KEY": "alpha-key"}
    done = subprocess.run([sys.executable, "-c", FORKS], env=environ, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("parent 0\n", "")


def test_many_threads_share_a_client(server: Running) -> None:
    with quick(server.url) as client, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: client.run(f"Write a poem about {number} boats."), range(16)))
    assert {result.status for result in found} == {"completed"}
    assert len({result.turn.ref for result in found}) == 16
    for number, result in enumerate(found):
        assert f"{number} boats" in result.text.lower()
