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


def test_files_are_too_large_by_their_kind_together() -> None:
    half, first = console.MOST["js"] // 2, console.FIRST
    assert console.large({"a.js.gz": half, "b.js.gz": half, "a.css.gz": 1, "c.js": 10 * first}) == []
    assert "js" in "".join(console.large({"a.js.gz": half, "b.js.gz": half, "c.js.gz": 2}))
    assert "first page" in "".join(console.large({"a.js.gz": first + 1}))
    assert "css" in "".join(console.large({"a.css.gz": console.MOST["css"] + 1}))


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


def test_what_is_named_shorter_in_the_bundle_is_named_by_nobody_outside_of_it() -> None:
    """By no server, and no text in the sources, as names are in what a browser keeps."""
    found = re.search(r"const WITHIN =\s+/(.+)/;", (console.SOURCES / "build.mjs").read_text())
    assert found
    within = re.compile(found[1])
    assert within.match("shouldComponentUpdate")
    wire = [*console.ROOT.glob("docs/openapi*.json"), console.CLIENT / "generated.ts"]
    assert len(wire) > 4
    names = {name for path in wire for name in re.findall(r"\w+(?=\"|\??: )", path.read_text())}
    for path in (*(console.SOURCES / "src").rglob("*.ts*"), *console.CLIENT.glob("*.ts")):
        names.update(re.findall(r"""["'`](\w+)["'`]""", path.read_text()))
    assert len(names) > 1000
    assert [name for name in sorted(names) if within.match(name)] == []


def test_its_version_is_that_of_all_the_rest() -> None:
    for name in ("package.json", "package-lock.json"):
        assert f'"version": "{VERSION}"' in (console.SOURCES / name).read_text()
