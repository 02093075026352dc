"""`walkaway agents`: made, listed, edited in an editor, compared and deleted."""

import json
import shlex
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.kit.clients import quick
from tests.kit.servers import Running
from tests.kit.terminals import Caller
from walkaway.commands import yamls


@pytest.fixture
def name() -> str:
    return f"scribe-{uuid4().hex[:8]}"  # the server is shared


@pytest.fixture
def scribe(walkaway: Caller, name: str) -> str:
    """An agent, by its id."""
    ran = walkaway("agents", "create", name, "--instructions", "Write plainly.\nAnd briefly.", "-q")
    assert ran.code == 0, ran.err
    return ran.out.strip()


def editor(walkaway: Caller, script: str) -> Caller:
    """Give somebody whose editor does this to a file, which is $1."""
    path = walkaway.home / "editor.sh"
    path.write_text(script)
    return walkaway.having(EDITOR=f"sh {shlex.quote(str(path))}", VISUAL="", TMPDIR=str(walkaway.home))


def test_json_is_what_the_api_says(walkaway: Caller, server: Running, scribe: str, name: str) -> None:
    with server.client() as client:
        raw = client.get(f"/v1/agents/{scribe}").json()
        was = client.get(f"/v1/agents/{scribe}/versions/1").json()
    assert json.loads(walkaway("agents", "show", name, "--json").out) == raw
    assert raw in json.loads(walkaway("agents", "list", "--json").out)
    assert json.loads(walkaway("agents", "show", f"{scribe[-8:]}@1", "--json").out) == was
    assert json.loads(walkaway("agents", "versions", name, "--json").out) == [{**was, "tools": []}]
    made = json.loads(walkaway("agents", "create", f"{name}-2", "--approve", "bash", "--json").out)
    assert (made["name"], made["approve"], made["version"]) == (f"{name}-2", ["bash"], 1)


def test_what_is_shown_can_be_made_again(walkaway: Caller, scribe: str, name: str) -> None:
    shown = walkaway("agents", "show", scribe).out
    assert "instructions: |-\n  Write plainly.\n  And briefly.\n" in shown
    again = shown.replace(name, f"{name}-again")
    made = walkaway("agents", "create", "--file", "-", "--model", "rehearsal", stdin=again.encode())
    assert made.code == 0, made.err
    assert walkaway("agents", "show", f"{name}-again").out == again.replace("model: ''", "model: rehearsal")
    assert "name" in walkaway("agents", "create").err
    assert walkaway("agents", "create", name).code == 1


def test_an_editor_makes_the_next_version(walkaway: Caller, scribe: str, name: str) -> None:
    script = "grep -q 'name: scribe' $1 && sed -i -e s/plainly/well/ -e /^max_steps/d $1"
    ran = editor(walkaway, script)("agents", "edit", name)
    assert ran.code == 0, ran.err
    assert f"{name} is changed: instructions\n" in ran.err
    assert walkaway("agents", "show", name, "--field", "version").out == "2\n"
    assert walkaway("agents", "show", f"{name}@2", "--field", "instructions").out == "Write well.\nAnd briefly.\n"
    assert not list(walkaway.home.glob("walkaway-*.yaml"))
    same = editor(walkaway, "true")("agents", "edit", name)
    assert (same.code, same.err) == (0, "Nothing is changed\n")
    assert walkaway("agents", "versions", name, "-q").out == f"{name}@2\n{name}@1\n"
    assert walkaway("agents", "diff", f"{name}@1", f"{name}@2").out.splitlines()[2:] == [
        *("@@ -4,3 +4,3 @@", " instructions: |-", "-  Write plainly.", "+  Write well.", "   And briefly.")
    ]
    assert walkaway("agents", "diff", f"{name}@1").out == walkaway("agents", "diff", f"{name}@1", name).out
    assert len(json.loads(walkaway("agents", "diff", f"{name}@1", name, "--json").out)) == 2
    assert walkaway("agents", "diff", f"{name}@1", f"{name}@1").out == ""


def test_what_is_taken_out_goes_back_to_its_default(walkaway: Caller, scribe: str, name: str) -> None:
    (walkaway.home / "a.yaml").write_text(f"name: {name}\nmax_steps: 7\n")
    ran = walkaway("agents", "edit", name, "--file", "a.yaml", "--json")
    said = json.loads(ran.out)
    assert (said["max_steps"], said["instructions"]) == (7, "")
    (walkaway.home / "a.yaml").write_text(f"name: {name}\n")
    assert walkaway("agents", "edit", name, "--file", "a.yaml", "--field", "max_steps").out == "200\n"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("max_steps: many", 1, "max_steps"),
        ("nonsense: 1", 1, "nonsense"),
        ("a: [", 2, "is no YAML"),
        ("model: x\\nmodel: y", 2, "'model' stands twice"),
        ("a: &a 1\\nb: *a", 2, "references (*name) are not taken"),
    ],
)
def test_a_mistake_is_refused_gently(walkaway: Caller, scribe: str, name: str, line: str, code: int, said: str) -> None:
    written = editor(walkaway, f"printf 'name: {name}\\n{line}\\n' >$1")
    ran = written("agents", "edit", name)
    assert ran.code == code
    assert said in ran.err
    kept = Path(ran.err.partition(f"What you wrote is kept: walkaway agents edit {scribe} --file ")[2].split("\n")[0])
    assert kept.read_text() == f"name: {name}\n{line}\n".replace("\\n", "\n")
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()
    assert walkaway("agents", "show", name, "--field", "version").out == "1\n"


def test_on_a_terminal_it_is_edited_again(walkaway: Caller, scribe: str, name: str) -> None:
    script = 'if grep -q wrong $1; then sed -i /wrong/d $1; else echo "wrong: 1" >>$1; fi; sed -i s/plainly/well/ $1'
    with editor(walkaway, script).terminal("agents", "edit", name) as seen:
        assert "wrong" in seen.until("Edit it again?")
        seen.type("\r")
        assert seen.end() == 0
    assert f"{name} is changed: instructions" in seen.text
    with editor(walkaway, 'echo "wrong: 1" >>$1').terminal("agents", "edit", name) as seen:
        seen.until("Edit it again?")
        seen.type("n\r")
        assert seen.end() == 1
    assert "wrong: 1" in next(walkaway.home.glob("walkaway-*.yaml")).read_text()


def test_what_somebody_else_has_changed_meanwhile_is_not_lost(walkaway: Caller, scribe: str, name: str) -> None:
    script = "sed -i s/plainly/well/ $1; touch open; while [ ! -e go ]; do sleep 0.05; done"
    with editor(walkaway, script).terminal("agents", "edit", name, columns=120) as seen:
        while not (walkaway.home / "open").exists():
            assert seen.process.poll() is None
        with quick(walkaway.url) as client:
            client.agents.update(name, description="Another's")
        (walkaway.home / "go").touch()
        seen.until("Edit it again?")
        seen.type("n\r")
        assert seen.end() == 1
    assert f"walkaway agents diff {name}@1" in seen.text
    assert walkaway("agents", "show", name, "--field", "description").out == "Another's\n"
    assert walkaway("agents", "show", name, "--field", "version").out == "2\n"


def test_an_editor_that_fails_changes_nothing(walkaway: Caller, scribe: str, name: str) -> None:
    ran = editor(walkaway, "exit 1")("agents", "edit", name)
    assert ran.code == 2
    assert "kept" not in ran.err
    assert walkaway("agents", "edit", name, "--no-input", EDITOR="true").code == 2
    assert walkaway("agents", "edit", name, EDITOR="", VISUAL="").code == 2


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("nosucheditor", "nosucheditor: Editing failed: No such file"),
        ("/etc/passwd", "/etc/passwd: Editing failed: Permission denied"),
        ("vi 'x", "EDITOR is no command: No closing quotation"),
    ],
)
def test_an_editor_that_is_none_is_said_to_be_none(
    walkaway: Caller, scribe: str, name: str, called: str, said: str
) -> None:
    ran = walkaway("agents", "edit", name, EDITOR=called, VISUAL="")
    assert (ran.code, ran.out, "Errno" in ran.err) == (2, "", False)
    assert f"Error: {said}" in ran.err
    assert "kept" not in ran.err


def test_names_that_fit_none_or_several(walkaway: Caller, scribe: str, name: str) -> None:
    nobody = walkaway("agents", "show", "nobody")
    assert nobody.code == 7
    assert "There are: " in nobody.err
    assert name in nobody.err
    none = walkaway("agents", "show", f"{name}@7")
    assert (none.code, f"There is no {name}@7. `walkaway agents versions {name}`" in none.err) == (7, True)
    assert walkaway("agents", "create", f"{name}@2").code == 0
    shown = walkaway("agents", "delete", f"{name}@2", scribe[-6:], "--yes", "-q")
    assert shown.code == 0
    assert scribe in shown.out.split()
    assert walkaway("agents", "show", name).code == 7
    assert walkaway("agents", "delete", f"{name}@2").code == 7


def test_it_works_as_one(walkaway: Caller, scribe: str, name: str) -> None:
    assert walkaway("run", "Write a poem", "--agent", name).code == 0
    assert walkaway("sessions", "list", "--agent", name, "--field", "agent").out == f"{scribe}\n"


@pytest.mark.parametrize(
    "value", ["no", "2026-01-01", "1e3", "~", "a: b", "two\nlines\n", " edge ", "é\u2028x", "\x1b[1m"]
)
def test_what_is_written_is_read_again(value: str) -> None:
    said = {"name": value, "list": [value, value], "other": {"deep": [1, 2.5, None, True]}}
    assert yamls.read(yamls.write(said), "it") == said
    assert yaml.safe_load(yamls.write(said)) == said
