"""The console's own tests, as node runs them; and that what is committed is what the sources make."""

import re
import subprocess

import pytest

from dev import console, node
from walkaway_wire import VERSION

pytestmark = pytest.mark.deep
needs_node = pytest.mark.skipif(node.node() is None, reason="there is no node: make .venv-web/.ready")
SINKS = re.compile(
    r"innerHTML|outerHTML|dangerouslySet|insertAdjacent|document\.write|srcdoc|\beval\(|new Function|DOMParser"
)


@needs_node
def test_its_own_tests_pass() -> None:
    line = node.command("--test", *(str(path) for path in sorted((console.SOURCES / "test").glob("*.test.ts"))))
    done = subprocess.run(
        line, cwd=console.SOURCES, env=node.environ(), capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


@needs_node
def test_what_is_committed_is_what_the_sources_make() -> None:
    assert console.is_there(console.built())


def test_no_source_makes_html_of_a_text() -> None:
    sources = [path for path in (console.SOURCES / "src").rglob("*") if path.suffix in {".ts", ".tsx"}]
    assert len(sources) > 40
    assert [str(path) for path in sources if SINKS.search(path.read_text())] == []


def test_no_page_runs_what_the_bundle_leaves_out_of_the_client() -> None:
    """`build.mjs` leaves out what carries out tools and waits for results, which types cannot know."""
    sources = {path for path in (console.SOURCES / "src").rglob("*.ts*") if path.name != "elsewhere.ts"}  # shows them
    called = re.compile(r"(?<!schedules)\.(result|wait|texts|ask|run)\(|turn(Of)?\([^()]*\)\.events\(")
    named = {path.name: called.findall(path.read_text()) for path in sources}
    assert {name: found for name, found in named.items() if found} == {}


def test_its_version_is_that_of_all_the_rest() -> None:
    for name in ("package.json", "package-lock.json"):
        assert f'"version": "{VERSION}"' in (console.SOURCES / name).read_text()
