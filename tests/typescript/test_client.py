"""The TypeScript client, as node runs it: against real servers, through what connections do, and as it is packed."""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dev import node
from tests.kit.bad_proxy import Plan, bad_proxy
from tests.kit.restarts import restarted
from tests.kit.servers import Served, served
from tests.kit.shapes import deployed
from walkaway_core.store import api_keys
from walkaway_wire import VERSION

HERE = Path(__file__).parents[2] / "clients/typescript"
PATIENCE = 280.0
MOST_BYTES = 9_800
"""Of the whole client, bundled, minified and compressed."""
NONE = {name: "" for name in os.environ if name.startswith("WALKAWAY_")}
pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(node.node() is None, reason="there is no node: make .venv-web/.ready"),
]


def run(*arguments: str, cwd: Path = HERE, environ: Mapping[str, str] | None = None) -> str:
    """Give what a program prints that node runs to its end."""
    done = subprocess.run(
        node.command(*arguments),
        cwd=cwd,
        env={**node.environ(), **NONE, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environ = {"WALKAWAY_KEYS": "a-key=a", "WALKAWAY_REHEARSAL_DELAY": "0.001"}
    with served(tmp_path_factory.mktemp("strict") / "data", environ=environ) as server:
        yield server


def test_recorded_logs_mean_what_they_mean_to_others() -> None:
    run("--test", "test/logs.test.ts")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("shape", ["one machine", "deployed"])
def test_it_does_what_it_says_against_a_server(shape: str, strict: Served, tmp_path: Path) -> None:
    told = {"STRICT_URL": strict.url}
    if shape == "deployed":
        with deployed("") as stack:
            key, _ = api_keys.create(stack.services.table, stack.clock, "node")
            run("--test", "test/client.test.ts", environ={**told, "WALKAWAY_URL": stack.url, "WALKAWAY_KEY": key})
        return
    with served(tmp_path / "data", environ={"WALKAWAY_REHEARSAL_DELAY": "0.001"}) as server:
        run("--test", "test/client.test.ts", environ={**told, "WALKAWAY_URL": server.url})


class Reader:
    """A program that follows a turn and prints its events."""

    def __init__(self, url: str, ref: str) -> None:
        self.process = subprocess.Popen(
            node.command("test/follow.ts", ref),
            cwd=HERE,
            env={**node.environ(), **NONE, "WALKAWAY_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )

    def lines(self) -> Iterator[list[object] | str]:
        assert self.process.stdout
        with self.process.stdout as out:
            for line in out:
                yield json.loads(line)
        assert self.process.wait(30) == 0


def begun(server: Served, message: str) -> str:
    with server.client() as client:
        session = client.post("/v1/sessions", json={}).json()["id"]
        path = f"/v1/sessions/{session}/messages"
        sent = client.post(path, json={"message": message}, headers={"Prefer": "respond-async"}).json()
    return f"{session}/{sent['response_id']}"


def expected(server: Served, ref: str) -> list[list[object] | str]:
    session, _, turn = ref.partition("/")
    path = f"/v1/sessions/{session}/responses/{turn}"
    with server.client() as client:
        record = client.get(path, params={"wait": 25, "until": "ended"}).json()
        page = client.get(f"{path}/events", params={"format": "json", "limit": 1000}).json()
    return [*([each["id"], each["event"], each["data"]] for each in page["events"]), record["output_text"]]


PLANS = [
    [Plan(cut=cut) for cut in (0, 1, 90, 260, 700)],
    [Plan(cut=cut, reset=True) for cut in (30, 400, 900)],
    [Plan(stall=150), Plan(twice=True, cut=600), Plan(forget=True, cut=1500)],
    [Plan(byte_by_byte=True)],
]


@pytest.mark.parametrize("plans", PLANS, ids=lambda plans: "+".join(map(str, plans)))
def test_whatever_connections_do_events_and_text_are_the_same(plans: list[Plan], tmp_path: Path) -> None:
    with served(tmp_path / "data", environ={"WALKAWAY_REHEARSAL_DELAY": "0.001"}) as server:
        ref = begun(server, "Tell a story about a ferry")
        with bad_proxy(server.url, plans) as proxy:
            assert [*Reader(proxy.url, ref).lines()] == expected(server, ref)
            assert proxy.plans == [], "each of them has happened"


def test_a_server_that_is_killed_among_the_events_loses_and_doubles_none(tmp_path: Path) -> None:
    with restarted(tmp_path / "data", WALKAWAY_REHEARSAL_DELAY="0.03") as server:
        assert server._now
        ref = begun(server._now, "Tell a story about a ferry")
        found = []
        for event in Reader(server.url, ref).lines():
            found.append(event)
            if len(found) in {3, 9, 20}:
                server.restart()
        assert found == expected(server._now, ref)


def test_what_is_packed_works_where_nothing_else_is(tmp_path: Path, strict: Served) -> None:
    """In plain JavaScript, and for users with all checks of types on."""
    (tmp_path / "client").mkdir()
    for name in ("package.json", "package-lock.json", "tsconfig.json", "README.md", "src", "node_modules"):
        source, target = HERE / name, tmp_path / "client" / name
        if name == "node_modules":
            target.symlink_to(source)
        elif source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    packed = run("npm", "pack", "--silent", "--pack-destination", str(tmp_path), cwd=tmp_path / "client").split()[-1]
    user = tmp_path / "user"
    user.mkdir()
    (user / "package.json").write_text('{"type": "module", "private": true}')
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--offline", str(tmp_path / packed), cwd=user)
    program = (
        'import { Walkaway, Unauthorized } from "walkaway";\n'
        'const result = await new Walkaway().run("Hello");\n'
        "console.log(result.status, result.turn.ref);\n"
        'const error = await new Walkaway({ key: "none" }).me().catch((error) => error);\n'
        "console.log(error instanceof Unauthorized);\n"
    )
    (user / "program.mjs").write_text(program)
    said = run("program.mjs", cwd=user, environ={"WALKAWAY_URL": strict.url, "WALKAWAY_KEY": "a-key"})
    assert said.startswith("completed sess_")
    assert said.endswith("true\n")
    (user / "program.mts").write_text(program.replace("result.status", "result.status satisfies string"))
    tsc = str(HERE / "node_modules/typescript/bin/tsc")
    run(tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "program.mts", cwd=user)


def test_it_is_small_and_needs_nothing_of_node(tmp_path: Path) -> None:
    esbuild = str(HERE / "node_modules/esbuild/bin/esbuild")
    bundle = tmp_path / "client.js"
    arguments = ("src/index.ts", "--bundle", "--minify", "--format=esm", "--platform=browser", f"--outfile={bundle}")
    subprocess.run([esbuild, *arguments], cwd=HERE, capture_output=True, check=True)
    assert len(gzip.compress(bundle.read_bytes(), 9)) <= MOST_BYTES


def test_it_has_the_version_of_all_the_rest() -> None:
    for name in ("package.json", "package-lock.json"):
        assert json.loads((HERE / name).read_text())["version"] == VERSION
