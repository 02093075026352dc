"""`walkaway apply` and `export`: what files declare is made so, what is so stays, and nothing else is touched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.kit.clients import quick
from tests.kit.terminals import Caller

TEAM = """\
kind: agent
name: researcher
instructions: |
  Cite every source.
max_steps: 20
tools:
  - name: stock
    description: Tell how many are in stock.
---
kind: webhook
name: reports
url: https://example.com/hook
events: [turn.completed]
"""
B = f"{TEAM}---\nkind: agent\nname: b\n"


@pytest.fixture
def there(walkaway: Caller) -> Iterator[Caller]:
    """Somebody whose server has no agents, webhooks and schedules, and who has a file of two."""
    (walkaway.home / "team.yaml").write_text(TEAM)
    with quick(walkaway.url) as client:
        for schedule in client.schedules.list():
            client.schedules.delete(schedule)
        for hook in client.webhooks.list():
            client.webhooks.delete(hook)
        for agent in client.agents.list():
            client.agents.delete(agent)
        yield walkaway
        for hook in client.webhooks.list():
            client.webhooks.delete(hook)


def write(there: Caller, text: str, name: str = "team.yaml") -> None:
    (there.home / name).write_text(text)


def listed(there: Caller) -> list[str]:
    """Give the names of what there is."""
    return there("export", "--field", "name").out.split()


def test_it_is_made_changed_and_then_the_same(there: Caller) -> None:
    ran = there("apply", "team.yaml", "--yes")
    assert ran.code == 0, ran.err
    assert "+max_steps: 20\n" in ran.out
    assert "secret of reports\twhsec_" in ran.out
    assert ran.err == "agent researcher is made\nwebhook reports is made\n2 made\n"
    shown = json.loads(there("agents", "show", "researcher@1", "--json").out)
    assert (shown["instructions"], shown["max_steps"]) == ("Cite every source.\n", 20)
    assert shown["tools"][0]["name"] == "stock"
    again = there("apply", "team.yaml")
    assert (again.code, again.out, again.err) == (0, "", "2 the same\n")
    write(there, TEAM.replace("max_steps: 20\n", "").replace("completed", "failed"))
    ran = there("apply", "team.yaml", "--yes")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("--- agent researcher@1\n+++ team.yaml, document 1\n@@ ")
    assert "-max_steps: 20\n+max_steps: 200\n" in ran.out
    assert "-- turn.completed\n+- turn.failed\n" in ran.out
    assert "whsec_" not in ran.out
    assert ran.err.endswith("2 changed\n")
    assert there("agents", "versions", "researcher", "-q").out == "researcher@2\nresearcher@1\n"
    assert there("apply", "team.yaml").err == "2 the same\n"
    assert there("agents", "show", "researcher", "--field", "version").out == "2\n"


def test_what_is_exported_changes_nothing(there: Caller) -> None:
    with quick(there.url) as client:
        secret = client.webhooks.create(url="https://example.com/a", name="a").secret
        client.webhooks.create(url="https://example.com/nameless")
        client.webhooks.update(client.webhooks.create(url="https://example.com/b", name="b").id, status="disabled")
        client.agents.create(name="plain")
        client.agents.create(name="no", description="é\u2028: x", model="rehearsal", thinking=2048, approve=["bash"])
        tool = {"type": "function", "name": "t", "parameters": {"properties": {"x": {"type": "string"}}}, "timeout": 5}
        client.agents.create(name="yaml: {}", tools=[tool], max_cost_usd=2, temperature=0.5, allowed_tools=[])
    ran = there("export")
    assert ran.code == 0, ran.err
    assert secret not in ran.out
    assert "whsec" not in ran.out
    assert "# its secret is not shown again; walkaway webhooks rotate a makes another\n" in ran.out
    assert "https://example.com/nameless) has no name" in ran.out
    assert sorted(each["name"] for each in yaml.safe_load_all(ran.out) if each) == ["a", "b", "no", "plain", "yaml: {}"]
    same = there("apply", "-", "--prune", stdin=ran.out.encode())
    assert (same.code, same.out, same.err) == (0, "", "5 the same\n")
    assert json.loads(there("export", "--json").out) == [each for each in yaml.safe_load_all(ran.out) if each]
    with quick(there.url) as client:
        for each in [*client.agents.list()]:
            client.agents.delete(each)
        for hook in client.webhooks.list():
            client.webhooks.delete(hook)
    assert there("apply", "-", "--yes", "-q", stdin=ran.out.encode()).code == 0
    assert there("export", "--kind", "agent").out == there("export", "--kind", "agent").out
    assert there("webhooks", "show", "b", "--field", "status").out == "disabled\n"
    assert there("apply", "-", stdin=ran.out.encode()).err == "5 the same\n"


def test_a_dry_run_does_nothing(there: Caller) -> None:
    ran = there("apply", "team.yaml", "--dry-run")
    assert (ran.code, ran.err) == (0, "Nothing is done: 2 would be made\n")
    assert "+max_steps: 20" in ran.out
    assert there("apply", "team.yaml", "--dry-run", "-q").out == "researcher\nreports\n"
    said = json.loads(there("apply", "team.yaml", "--dry-run", "--json").out)
    assert [(each["action"], each["kind"], each["id"]) for each in said] == [
        ("create", "agent", None), ("create", "webhook", None),
    ]  # fmt: skip
    assert listed(there) == []
    there("apply", "team.yaml", "--yes")
    assert there("apply", "team.yaml", "--dry-run", "-q").out == ""
    assert there("apply", "team.yaml", "--dry-run", "--field", "action").out == "same\nsame\n"


def test_json_has_the_secret_once(there: Caller) -> None:
    made = json.loads(there("apply", "team.yaml", "--yes", "--json").out)
    assert [each["action"] for each in made] == ["create", "create"]
    assert made[1]["secret"].startswith("whsec_")
    assert made[0]["id"] == there("agents", "show", "researcher", "-q").out.strip()
    again = json.loads(there("apply", "team.yaml", "--json").out)
    assert [(each["action"], each["change"], "secret" in each) for each in again] == [("same", {}, False)] * 2


def test_it_asks(there: Caller) -> None:
    ran = there("apply", "team.yaml")
    assert ran.code == 2
    assert "Apply it: 2 to be made? Say so: --yes" in ran.err
    with there.terminal("apply", "team.yaml", "-q") as seen:
        assert "+max_steps: 20" in seen.until("Apply it: 2 to be made?")
        seen.type("n\r")
        assert seen.end() == 1
    assert listed(there) == []
    with there.terminal("apply", "team.yaml") as seen:
        seen.until("Apply it: 2 to be made?")
        seen.type("y\r")
        assert seen.end() == 0
    assert "whsec_" in seen.text
    assert listed(there) == ["researcher", "reports"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: agents\nname: a", "document 1: kind: 'agents' is none; there are: agent, webhook, schedule"),
        ("name: a", "document 1: kind: is missing"),
        ("kind: [agent]\nname: a", "document 1: kind: ['agent'] is none"),
        ("kind: agent", "document 1: name: is missing"),
        ("kind: webhook\nname: ''\nurl: https://example.com/", "document 1: name: must be text"),
        (B + "max_steps: many\n", "document 3: max_steps: must be a whole number"),
        (B + "steps: 1\n", "document 3: steps: is not known; take out"),
        (B + "steps:\n", "document 3: steps: is not known; take out"),
        (TEAM + "---\nkind: webhook\nname: b\n", "document 3: url: is missing"),
        (TEAM + "---\n---\nkind: agent\nname: b\nmax_cost_usd: .inf\n", "document 4: max_cost_usd: holds a number"),
        (TEAM + "---\nkind: agent\nname: researcher\n", "already, in wrong.yaml, document 1; leave one out"),
        (TEAM + '---\nkind: agent\nname: "\\ud800"\n', "document 3: name: holds half of a surrogate pair"),
        (B + 'instructions: "\\ud800"\n', "document 3: instructions: holds half"),
        (B + "instructions: !!binary aGk=\n", "document 3: instructions: is a bytes, which"),
        (B + "max_steps: 1:30\n", "document 3: max_steps: must be a whole number"),
        (B + "tools: [{parameters: {a: .nan}}]\n", "3: tools.0.parameters.a: holds a number"),
        (B + "tools: [{parameters: {1: x}}]\n", "3: tools.0.parameters.1: is a name that"),
        (TEAM + "---\nkind: agent\nname: !!timestamp 2026-12-24\n", "document 3: name: is a date, which"),
        (TEAM + "---\na: [\n", "document 3, line"),
        (TEAM + "---\n- a\n", "document 3 has to be lines of NAME: VALUE"),
        (TEAM + "---\nkind: agent\nname: a\nname: b\n", "'name' stands twice"),
        ("", "There are no documents in wrong.yaml"),
        ("\0", "is no YAML"),
    ],
)  # fmt: skip
def test_nothing_is_done_where_one_is_wrong(there: Caller, text: str, said: str) -> None:
    write(there, text, "wrong.yaml")
    ran = there("apply", "wrong.yaml", "--yes", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert said in json.loads(ran.err)["message"]
    assert listed(there) == []


def test_all_that_is_wrong_is_said(there: Caller) -> None:
    write(there, "kind: agent\nname: b\nmax_steps: 0\n---\nkind: skill\nname: x\n", "wrong.yaml")
    ran = there("apply", "team.yaml", "wrong.yaml", "--yes")
    assert "wrong.yaml, document 1: max_steps: must be 1 or more\n" in ran.err
    assert (
        "wrong.yaml, document 2: kind: 'skill' is none; there are: agent, webhook, schedule\nNothing is done\n"
        in ran.err
    )
    assert listed(there) == []


@pytest.mark.parametrize("words", [("agents", "create"), ("schedules", "create"), ("agents", "edit", "researcher")])
def test_a_file_of_one_is_looked_at_as_well(there: Caller, words: tuple[str, ...]) -> None:
    there("agents", "create", "researcher")
    write(there, "name: a\nmessage: x\nevery: 60\nmetadata: {a: [{1: x}]}\n")
    ran = there(*words, "--file", "team.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "team.yaml: metadata.a.0.1: is a name that is no text" in ran.err


def test_times_and_dates_are_text(there: Caller) -> None:
    write(there, "kind: agent\nname: a\ndescription: 1:30\ninstructions: 2026-12-24\n")
    assert there("apply", "team.yaml", "--yes").code == 0
    assert "description: '1:30'\n" in there("export").out
    assert there("apply", "team.yaml", "--yes").err == "1 the same\n"


def test_files_that_are_none(there: Caller) -> None:
    assert "nothing.yaml cannot be read: No such file" in there("apply", "team.yaml", "nothing.yaml", "--yes").err
    assert there("apply", ".", "--yes").code == 2
    (there.home / "team.yaml").write_bytes(b"kind: \xff")
    assert "no UTF-8, from byte 6 on" in there("apply", "team.yaml", "--yes").err


def test_what_the_server_refuses_leaves_the_rest_for_later(there: Caller) -> None:
    write(there, TEAM.replace("https://example.com/hook", "ftp://example.com/") + "---\nkind: agent\nname: later\n")
    ran = there("apply", "team.yaml", "--yes", "--json")
    assert ran.code == 1
    assert [each["name"] for each in json.loads(ran.out)] == ["researcher"]
    message = json.loads(ran.err)["message"]
    assert message.startswith("team.yaml, document 2: ")
    assert message.endswith("What stands before it is done; once this is mended, apply it again")
    assert listed(there) == ["researcher"]
    write(there, TEAM + "---\nkind: agent\nname: later\n")
    assert there("apply", "team.yaml", "--yes").err.endswith("2 made, 1 the same\n")


def test_prune_deletes_only_what_was_made_so(there: Caller) -> None:
    with quick(there.url) as client:
        client.agents.create(name="by-hand")
        client.agents.create(name="adopted")
    more = "---\nkind: agent\nname: extra\n---\nkind: agent\nname: adopted\nmax_steps: 3\n"
    assert there("apply", "team.yaml", "-", "--yes", stdin=more.encode()).code == 0
    assert there("apply", "team.yaml", "--yes").err == "2 the same\n"
    assert len(listed(there)) == 5
    ran = there("apply", "team.yaml", "--prune")
    assert ran.code == 2
    assert "Apply it: 1 to be deleted?" in ran.err
    assert "--- agent extra@1\n+++ no agent extra\n" in ran.out
    elsewhere = there.having(XDG_CONFIG_HOME=str(there.home / "elsewhere"))
    assert elsewhere("apply", "team.yaml", "--prune", "--dry-run", "-q").out == ""
    ran = there("apply", "team.yaml", "--prune", "--yes")
    assert (ran.code, ran.err) == (0, "agent extra is deleted\n1 deleted, 2 the same\n"), ran.err
    assert sorted(listed(there)) == ["adopted", "by-hand", "reports", "researcher"]
    with quick(there.url) as client:
        client.agents.delete("researcher")
        client.agents.create(name="researcher")  # another one, of which nobody here knows
    write(there, TEAM.partition("---\n")[2])
    assert there("apply", "team.yaml", "--prune", "-q").out == ""
    assert "researcher" in listed(there)


def test_what_somebody_else_has_done_meanwhile_is_done(there: Caller) -> None:
    more = "---\nkind: agent\nname: extra\n"
    assert there("apply", "-", "--yes", stdin=more.encode()).code == 0
    with there.terminal("apply", "team.yaml", "--prune") as seen:
        seen.until("2 to be made, 1 to be deleted")
        assert there("apply", "team.yaml", "--prune", "--yes").code == 0
        seen.type("y\r")
        assert seen.end() == 0
    assert "1 deleted, 2 the same" in seen.text
    assert sorted(listed(there)) == ["reports", "researcher"]
    write(there, "kind: agent\nname: other\nmax_steps: 7\n")
    with there.terminal("apply", "team.yaml") as seen:
        seen.until("1 to be made")
        there("agents", "create", "other")
        seen.type("y\r")
        assert seen.end() == 1
    assert "Nothing else is done" in seen.text


def test_what_cannot_be_remembered_is_said_and_never_pruned(there: Caller) -> None:
    assert there("apply", "team.yaml", "--yes").code == 0
    (kept,) = Path(there.home).rglob("applied/*.json")
    kept.write_text("{")
    write(there, "kind: webhook\nname: reports\nurl: https://example.com/hook\nevents: [turn.completed]\n")
    ran = there("apply", "team.yaml", "--prune")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing is pruned" in ran.err
    assert sorted(listed(there)) == ["reports", "researcher"]


def test_what_is_not_said_stays_where_nobody_knows_the_default(there: Caller) -> None:
    write(there, "kind: agent\nname: a\nthinking: 2048\n---\nkind: webhook\nname: b\nurl: https://example.com/b\n")
    assert there("apply", "team.yaml", "--yes").code == 0
    there("webhooks", "edit", "b", "--disable")
    write(there, "kind: agent\nname: a\nthinking:\n---\nkind: webhook\nname: b\nurl: https://example.com/b\n")
    assert there("apply", "team.yaml").err == "2 the same\n"
    write(there, "kind: webhook\nname: b\nurl: https://example.com/b\nstatus: enabled\n")
    assert there("apply", "team.yaml", "--yes").err.endswith("1 changed\n")
    assert there("webhooks", "show", "b", "--field", "status").out == "enabled\n"


def test_nothing_from_elsewhere_steers_a_terminal(there: Caller) -> None:
    with quick(there.url) as client:
        client.agents.create(name="a", instructions="\x1b[2J")
    write(there, "kind: agent\nname: a\n")
    with there.terminal("apply", "team.yaml", "--dry-run") as seen:
        assert seen.end() == 0
    assert b"\x1b[2J" not in seen.raw
    with there.terminal("export") as seen:
        assert seen.end() == 0
    assert b"\x1b[2J" not in seen.raw
