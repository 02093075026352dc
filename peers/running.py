"""Runs a program as its user would: in its library's environment, told where the server is, kept to this machine."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev import node
from peers.drawing import SEED, drawn
from tests.kit.network import HOOK, NOBODY

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "programs"
NODE = Path(__file__).parent / "node"
KEY = "peers-key"
BLOCKED = "kept to loopback"
PATIENCE = 100.0


def python(environment: str) -> str:
    """Find the Python of an environment; `""` is that of the tests. Raises AssertionError where it is missing."""
    found = Path(sys.executable) if not environment else ROOT / f".venv-{environment}/bin/python"
    assert found.exists(), f".venv-{environment} is missing: run `make peers`"
    return str(found)


def environ(url: str, folder: Path, key: str = KEY) -> Mapping[str, str]:
    """Say what a program finds in its environment: where the server is, its key, and a home of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(HOOK),
        "PYTHONDONTWRITEBYTECODE": "",
        "SSL_CERT_FILE": str(NOBODY),
        "NODE_OPTIONS": f"--require {NODE / 'loopback.cjs'}",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "LANGSMITH_TRACING": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    }


def ran(command: Sequence[str], url: str, folder: Path, *, key: str = KEY, patience: float = PATIENCE) -> str:
    """Give what a command prints. Raises AssertionError for another end than a good one, and for a way out."""
    told = environ(url, folder, key)
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, timeout=patience, check=False)
    everything = f"{done.stdout}\n{done.stderr}\nrepeat it with PEERS_SEED={SEED}"
    assert done.returncode == 0, everything
    assert BLOCKED not in everything, everything
    assert "Traceback" not in done.stderr, everything
    return done.stdout


def holds(program: str, environment: str, url: str, folder: Path, *expected: str, patience: float = PATIENCE) -> None:
    """Run a program of ours with drawn names; each expectation is a regular expression, and they come in this order."""
    made = drawn(PROGRAMS / program)
    path = folder / program
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.text)
    printed = ran([python(environment), str(path)], url, folder, patience=patience)
    _in_order(printed, [made.named(each) for each in expected])


def holds_in_node(program: str, url: str, folder: Path, *expected: str) -> None:
    """Run a program for node likewise, beside the packages that it imports."""
    made = drawn(NODE / program)
    assert (NODE / "node_modules").exists(), "peers/node/node_modules is missing: run `make peers`"
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    (folder / program).write_text(made.text)
    printed = ran(node.command(str(folder / program)), url, folder)
    _in_order(printed, [made.named(each) for each in expected])


def _in_order(printed: str, expected: Sequence[str]) -> None:
    left = printed
    for pattern in expected:
        found = re.search(pattern, left, re.MULTILINE)
        assert found, f"{pattern!r} is not in what is left of\n{printed}\nrepeat it with PEERS_SEED={SEED}"
        left = left[found.end() :]
