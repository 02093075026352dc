"""`walkaway serve` and `walkaway demo` as a person runs them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.servers import served


def walkaway(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    command = [sys.executable, "-m", "walkaway", *arguments]
    return subprocess.run(command, env={**clean, **environ}, capture_output=True, text=True, timeout=90, check=False)


def test_an_open_address_without_keys_is_refused(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        done = walkaway("serve", "--host", host, "--data", str(tmp_path / "data"))
        assert done.returncode == 1
        assert "WALKAWAY_KEYS" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_open_address_with_keys_serves(tmp_path: Path) -> None:
    keys = {"WALKAWAY_KEYS": "k=tenant"}
    with served(tmp_path / "data", "--host", "0.0.0.0", environ=keys) as server, server.client() as client:
        assert client.get("/v1/sessions").status_code == 401
        assert client.get("/v1/sessions", headers={"X-API-Key": "k", "Host": "elsewhere"}).status_code == 200


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = walkaway("serve", "--port", port, "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr


def test_an_address_of_no_interface_is_told_in_a_sentence(tmp_path: Path) -> None:
    keys = {"WALKAWAY_KEYS": "k=tenant"}
    done = walkaway("serve", "--host", "192.0.2.1", "--port", "0", "--data", str(tmp_path / "data"), **keys)
    assert (done.returncode, "--host" in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("command", [["serve", "--port", "x"], ["models", "--no-check"]])
def test_a_variable_that_is_no_setting_is_named_with_what_was_meant(command: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = (
            [*command[:2], str(taken.getsockname()[1]), "--data", str(tmp_path)] if "serve" in command else command
        )
        odd = {"WALKAWAY_MODLE": "secret", "walkaway_keys": "x", "WALKAWAY_SOMETHING_NEW": "secret"}
        ours = {
            "WALKAWAY_URL": "x",
            "WALKAWAY_TEST_EXAMPLES": "1",
            "WALKAWAY_TABLE": "x",
            "WALKAWAY_MODEL": "rehearsal",
        }
        done = walkaway(*arguments, **odd, **ours)
    lines = [line for line in done.stderr.splitlines() if "no setting" in line]
    assert lines == [
        "'WALKAWAY_MODLE' is no setting and is ignored; did you mean WALKAWAY_MODEL?",
        "'WALKAWAY_SOMETHING_NEW' is no setting and is ignored; docs/reference.md#settings has all there are",
        "'walkaway_keys' is no setting and is ignored; did you mean WALKAWAY_KEYS?",
    ]
    assert "secret" not in done.stderr


def test_being_told_to_end_while_it_begins_is_not_missed(tmp_path: Path) -> None:
    script = (
        "import os, signal, uvicorn\n"
        "run = uvicorn.Server.run\n"
        "uvicorn.Server.run = lambda *a, **k: (os.kill(os.getpid(), signal.SIGTERM), run(*a, **k))\n"
        "from walkaway.commands.main import main\n"
        "main()"
    )
    command = [sys.executable, "-c", script, "serve", "--port", "0", "--data", str(tmp_path / "data")]
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["--port", "x"], {}, "--port"),
        ([], {"WALKAWAY_KEYS": "nonsense"}, "WALKAWAY_KEYS must be"),
        (["--data", "/proc/nothing"], {}, "/proc/nothing"),
        (["--workers", "0"], {}, "--workers"),
        ([], {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:1"}, "ALL_PROXY"),
        ([], {"ANTHROPIC_API_KEY": "k", "HTTPS_PROXY": "http://x:port"}, "HTTPS_PROXY"),
        ([], {"WALKAWAY_PROVIDERS": "bedrock", "SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE"),
    ],
)
def test_wrong_options_are_told_in_a_sentence(arguments: list[str], environ: dict[str, str], words: str) -> None:
    done = walkaway("serve", "--port", "0", *arguments, **environ)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_model_can_be_named_by_option(tmp_path: Path) -> None:
    options = ["--model", "some-model"]
    with served(tmp_path / "data", *options, environ={"ANTHROPIC_API_KEY": "k"}) as server, server.client() as client:
        assert client.get("/health").json()["model"] == "some-model"
        assert client.post("/v1/sessions").json()["model"] == "some-model"


def test_its_own_address_is_not_its_models(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own = {"ANTHROPIC_BASE_URL": f"http://localhost:{port}", "ANTHROPIC_API_KEY": "k"}
    done = walkaway("serve", "--port", port, "--data", str(tmp_path / "data"), **own)
    assert (done.returncode, "--offline" in done.stderr) == (1, True), done.stderr
    with served(tmp_path / "data", "--offline", environ=own) as server, server.client() as client:
        assert client.get("/health").json()["model"] == "rehearsal"


def test_a_server_whose_model_cannot_be_called_says_what_to_set(tmp_path: Path) -> None:
    done = walkaway("serve", "--port", "0", "--data", str(tmp_path / "data"), "--model", "some-model")
    assert done.returncode == 1
    assert "ANTHROPIC_API_KEY" in done.stderr


def test_the_sdk_is_not_imported_before_the_server_is_ready(tmp_path: Path) -> None:
    script = (
        "import sys, walkaway_local.stack, walkaway_core.http.app, walkaway_local.commands.serve\n"
        "print([m for m in ('anthropic', 'httpx2', 'pptx', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_only_turns_need_is_loaded_with_the_first_one() -> None:
    script = (
        "import sys, walkaway_local.stack, walkaway_core.http.app, walkaway_local.commands.serve\n"
        "from walkaway_core.doors import DOORS\n"
        "print([m for m in ('call_model', 'run_tool') if f'walkaway_core.doors.{m}' in sys.modules])\n"
        "print([door.__name__ for door in DOORS.values()] == [*DOORS._modules.values()])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "True"]


def test_help_names_every_command_and_option() -> None:
    told = walkaway("--help").stdout
    assert "serve" in told
    assert "demo" in told
    told = walkaway("serve", "--help").stdout
    for word in ("--port", "--host", "--data", "--model", "--workers", "WALKAWAY_KEYS", "ANTHROPIC_BASE_URL"):
        assert word in told


@pytest.mark.parametrize(
    "environ",
    [
        {"WALKAWAY_KEYS": "ignored=here", "WALKAWAY_KEY": "a word of the user's, which no header can hold"},
        pytest.param({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}, marks=pytest.mark.deep),
        pytest.param({"ALL_PROXY": "socks5://127.0.0.1:1", "NO_PROXY": "[::1]"}, marks=pytest.mark.deep),
    ],
)
def test_the_demo_plays_to_its_end_and_leaves_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    task = "Write a 2-page memo on kites to kites.md"
    done = walkaway("demo", "--task", task, TMPDIR=str(tmp_path), **environ)
    assert done.returncode == 0, done.stderr
    typed = [line for line in done.stdout.splitlines() if line.startswith("$ walkaway ")]
    assert typed[0] == f'$ walkaway run "{task}"'
    assert typed[-1] == "$ walkaway sessions delete @ --yes"
    assert "Still running. walkaway tail sess_" in done.stderr
    assert "✔ completed" in done.stderr
    assert "kites.md" in done.stdout
    assert "\x1b[" not in done.stdout
    assert list(tmp_path.iterdir()) == []


ORIGINS = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}


def test_pages_of_named_origins_are_let_in_with_keys(tmp_path: Path) -> None:
    options = ("--allow-origin", "https://app.example.com,http://localhost:3000", "--allow-origin", "tauri://localhost")
    keys = {"WALKAWAY_KEYS": "k=tenant", "WALKAWAY_ALLOW_ORIGIN": "https://left.example.com"}
    with served(tmp_path / "data", *options, environ=keys) as server, server.client() as client:
        for origin in ("https://app.example.com", "http://localhost:3000", "tauri://localhost"):
            asked = client.options("/v1/sessions", headers={**ORIGINS, "Origin": origin})
            assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, origin)
        made = client.post("/v1/sessions", headers={"X-API-Key": "k", "Origin": "http://localhost:3000"})
        assert (made.status_code, made.headers["access-control-allow-origin"]) == (201, "http://localhost:3000")
        asked = client.options("/v1/sessions", headers={**ORIGINS, "Origin": "https://left.example.com"})
        assert asked.status_code == 400, "an option replaces its variable"


@pytest.mark.parametrize("given", ["--allow-origin", "WALKAWAY_ALLOW_ORIGIN"])
def test_pages_of_other_origins_are_not_let_in_without_keys(given: str, tmp_path: Path) -> None:
    option = [given, "*"] if given.startswith("--") else []
    environ = {} if option else {given: "*"}
    done = walkaway("serve", "--port", "0", "--data", str(tmp_path / "data"), *option, **environ)
    assert done.returncode == 1
    assert "walkaway keys create" in done.stderr


def test_what_is_no_origin_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = walkaway("serve", "--port", "0", "--data", str(tmp_path / "data"), "--allow-origin", "https://a.example/app")
    assert done.returncode == 1
    assert "'https://a.example/app' is none" in done.stderr
