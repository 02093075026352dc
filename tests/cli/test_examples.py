"""Every example of every help text, as its reader types it: what it prints, and its exit code."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.kit.clients import quick
from tests.kit.servers import Running
from tests.kit.terminals import Caller
from tests.kit.typed import command
from walkaway import Session, Turn, profiles
from walkaway.commands import options
from walkaway.commands.main import main
from walkaway.commands.state import State, whose

TWO = re.compile(r" @2| sessions (list|prune)|/v1/sessions")
ONE = re.compile(r" @| (files|inbox|listen|sessions)\b")
"""What examples are about one or two sessions that were used."""
REF = r"sess_\w{24}/msg_\w{24}"
SAID = r"(?s).*rehearsal.*"
POEM = r"(?s)What boats may be, .*"
NAMED = {"researcher", "scribe", "support", "shop", "a", "b"}
RUN = "run_654e384e1b83"
KEY = "5e884898da280471"
STOCK = {
    "type": "function",
    "name": "stock",
    "description": "Tell how many are in stock.",
    "parameters": {"type": "object", "properties": {}},
}
EXPECTED = {
    "walkaway agents list": (0, r"(?s).*researcher\t\d+\t.*"),
    "walkaway agents list --field name": (0, r"(?s)(.*\n)?researcher\n.*"),
    "walkaway agents show researcher": (0, r"name: researcher\n(?s).*"),
    "walkaway agents show researcher@1": (0, r"name: researcher\n(?s).*"),
    'walkaway agents create scribe --instructions "Write plainly."': (0, ""),
    "walkaway agents create --file researcher.yaml": (0, ""),
    "walkaway agents edit researcher": (0, ""),
    "walkaway agents edit researcher --file researcher.yaml": (0, ""),
    "walkaway agents versions researcher": (0, r"researcher@2\t.*\nresearcher@1\t.*\n"),
    "walkaway agents versions researcher -q": (0, r"researcher@2\nresearcher@1\n"),
    "walkaway agents diff researcher@1 researcher@2": (0, r"(?s)--- researcher@1\n.*\+model: rehearsal\n.*"),
    "walkaway agents diff researcher@1": (0, r"(?s)--- researcher@1\n.*"),
    "walkaway agents delete scribe --yes": (0, ""),
    "walkaway agents delete a b --yes": (0, ""),
    "walkaway answer @ --yes": (0, ""),
    'walkaway answer @ "42 pieces"': (0, ""),
    "walkaway api GET /v1/me --field tenant": (0, r"alpha\n"),
    "walkaway api GET /v1/sessions --query limit=1 --paginate -q": (0, r"(sess_\w{24}\n){2,}"),
    "walkaway apply walkaway.yaml --yes": (0, r"(?s).*\+name: researcher\n.*secret of reports\twhsec_.*"),
    "walkaway apply agents.yaml hooks.yaml --prune --dry-run": (0, r"(?s).*\+name: researcher\n.*\+name: reports\n.*"),
    "walkaway export >walkaway.yaml": (0, ""),
    "walkaway export --kind agent --field name": (0, r"(.*\n)*researcher\n(.*\n)*"),
    "walkaway cancel @": (0, ""),
    "walkaway chat --agent researcher": (0, ""),
    "walkaway chat @": (0, ""),
    "walkaway completion fish >walkaway.fish": (0, ""),
    'eval "$(walkaway completion bash)"': (0, ""),
    "walkaway demo": (0, r"(?s).*\$ walkaway run .*\$ walkaway files get report\.md\n.*"),
    'walkaway demo --task "Write a poem about boats to poem.md"': (0, r"(?s).*\$ walkaway files get poem\.md\n.*"),
    "walkaway doctor": (0, r"✔ program: (?s).*✔ server: it works.*"),
    "walkaway doctor --field found": (0, r"(?s).*it works.*"),
    "walkaway open": (0, r"http://.*/\n"),
    "walkaway open -q": (0, r"http://.*/\n"),
    'walkaway runs submit "Write a poem about boats."': (0, r"run_\w{12}\n"),
    'walkaway runs submit "Say hello" --timeout 10m -q': (0, r"run_\w{12}\n"),
    "walkaway runs status run_654e384e1b83": (0, r"run\trun_\w{12}\nstatus\tsucceeded\n(?s).*"),
    "walkaway runs status run_654e384e1b83 -q": (0, r"run_\w{12}\n"),
    "walkaway runs result run_654e384e1b83": (0, POEM),
    "walkaway runs result run_654e384e1b83 --wait": (0, POEM),
    "walkaway runs stream run_654e384e1b83": (0, POEM),
    "walkaway runs stream run_654e384e1b83 --field event": (0, r"message\.created\n(?s).*message\.completed\n"),
    "walkaway runs list": (0, r"(run_\w{12}\t.*\n)+"),
    "walkaway runs list --status succeeded --limit 5 -q": (0, r"(run_\w{12}\n)+"),
    "walkaway runs cancel run_654e384e1b83": (0, ""),
    "walkaway runs cancel run_654e384e1b83 --field status": (0, r"cancelled\n"),
    "walkaway runs delete run_654e384e1b83 --yes": (0, ""),
    "walkaway runs delete run_654e384e1b83 --yes -q": (0, r"run_\w{12}\n"),
    "walkaway runs stats": (0, r"runs\t\d+\n(?s).*"),
    "walkaway runs stats --field by_status.succeeded": (0, r"\d+\n"),
    "walkaway tools show stock.py": (0, r"(?s)tools:\n- type: function\n  name: count\n.*  name: order\n.*"),
    "walkaway tools show stock.py | walkaway agents create shop --file -": (0, ""),
    "walkaway tools serve stock:count,order": (0, r"count\t.*\norder\t.*\n"),
    "walkaway tools serve stock.py --agent support": (0, r"count\t.*\norder\t.*\n"),
    "walkaway cancel @2": (0, ""),
    "walkaway files ls": (0, r"(?s).*charts/\t.*"),
    "walkaway files ls charts --json": (0, r'\[\{"path": "charts/.*\}\]\n'),
    "walkaway files tree": (0, r"(?s).*charts/porto\.txt\t2 B\t.*"),
    "walkaway files tree charts -q": (0, r"charts/porto\.txt\n"),
    "walkaway files cat tides.md": (0, "high\nlow\n"),
    "walkaway files cat tides.md | wc -l": (0, r" *2\n"),
    "walkaway files get tides.md": (0, r"tides\.md\n"),
    "walkaway files get charts here": (0, r"here/porto\.txt\n"),
    "walkaway files put notes.md": (0, r"notes\.md\n"),
    "walkaway files put notes.md texts/notes.md": (0, r"texts/notes\.md\n"),
    "walkaway files sync texts in/texts": (0, r"send\tin/texts/a\.txt\t1 B\n"),
    "walkaway files sync texts in/texts --delete --dry-run": (0, r"send\tin/texts/a\.txt\t1 B\n"),
    "walkaway files rm tides.md --yes": (0, ""),
    "walkaway files rm charts a.md --recursive --yes": (0, ""),
    "walkaway inbox": (0, r"(sess_\w{24}\t(completed|approval|output|failed|cancelled)\t.*\n)+"),
    "walkaway inbox --waiting --field id": (0, r"(sess_\w{24}\n)*"),
    "walkaway listen --since 2h --until-now": (0, r"(?s).*turn\.completed\tsess_\w{24}/msg_\w{24}\n.*"),
    "walkaway listen --forward http://127.0.0.1:3000/hook --event 'turn.*' --until-now": (0, ""),
    "walkaway login work --url https://walkaway.example.com --key-stdin <key.txt": (0, ""),
    "walkaway login --key-stdin <key.txt": (0, ""),
    "walkaway logout work": (0, ""),
    "walkaway logout": (0, ""),
    "walkaway profiles": (0, r"work\tin use\thttp://.*\n"),
    "walkaway profiles --field url": (0, r"http://.*\n"),
    'walkaway run "Write a short report on the tides of Porto to tides.md" --out porto': (0, SAID),
    'git diff | walkaway run "Review this"': (0, SAID),
    "walkaway schedules list": (0, r"(?s).*digest\tactive\t[^\t\n]+\tAt 08:00.*"),
    "walkaway schedules list --field next_at": (0, r"(\d+\n)+"),
    "walkaway schedules show digest": (0, r"schedule\tsch_\w{24}\nname\tdigest\n(?s).*"),
    "walkaway schedules show digest --field next_at": (0, r"\d+\n"),
    "walkaway schedules create --name digest --cron '0 8 * * 1-5' --timezone Europe/Berlin \"The day's digest\"": (
        0,
        r"(?s).*name\tdigest\nstatus\tactive\nwhen\tAt 08:00.*message\tThe day's digest\n.*",
    ),
    "walkaway schedules create --name tidy --action prune --older-than 30d --cron '0 3 * * *'": (
        0,
        r"(?s).*deletes\tsessions that are idle for 30 days\n.*",
    ),
    "walkaway schedules edit digest": (0, r"(?s).*name\tdigest\n.*"),
    "walkaway schedules edit digest --cron '0 9 * * 1-5'": (0, r"(?s).*when\tAt 09:00.*"),
    "walkaway schedules delete digest --yes": (0, ""),
    "walkaway schedules delete digest news --yes": (0, ""),
    "walkaway schedules preview '0 8 * * 1-5' --timezone Europe/Berlin": (0, r"(\d{4}-\d\d-\d\d \d\d:00( \w+)?\n){5}"),
    "walkaway schedules preview --every 6h --count 2 --field description": (0, r"Every 6 hours\n"),
    "walkaway schedules run digest": (0, rf"{REF}\n"),
    "walkaway schedules run digest --overlap allow --field outcome": (0, r"started\n"),
    "walkaway schedules pause digest": (0, ""),
    "walkaway schedules pause digest --note holidays": (0, ""),
    "walkaway schedules resume digest": (0, ""),
    "walkaway schedules resume digest --field next_at": (0, r"\d+\n"),
    "walkaway schedules backfill digest 2026-11-02 2026-11-04": (0, r"(fire_\w{24}\t.*\n){2}"),
    "walkaway schedules backfill digest 2026-11-02T00:00Z 2026-11-03T00:00Z --overlap skip -q": (0, r"fire_\w{24}\n"),
    "walkaway schedules firings digest": (0, r"(fire_\w{24}\t[^\t\n]+\tstarted[^\t\n]*\tsess_.*\n)+"),
    "walkaway schedules firings digest --outcome missed --field count": (0, ""),
    'walkaway send @ "And now as a table"': (0, SAID),
    'walkaway send @ "One more thing" --on-busy enqueue --detach': (0, rf"{REF}\n"),
    "walkaway sessions list": (0, r"(sess_\w{24}\t[^\n]*\n)+"),
    "walkaway sessions list --waiting --limit 5 --field id": (0, r"(sess_\w{24}\n)*"),
    "walkaway sessions show @": (0, r"session\tsess_\w{24}\n(?s).*"),
    "walkaway sessions show @ --field cost_usd": (0, r"0\.0\n"),
    "walkaway sessions create -q": (0, r"sess_\w{24}\n"),
    'walkaway sessions create --title "Tides of Porto" --ttl 30d': (0, r"sess_\w{24}\n"),
    'walkaway sessions rename @ "Tides of Porto"': (0, ""),
    'walkaway sessions rename @2 ""': (0, ""),
    "walkaway sessions meta @ project=tides": (0, r"(?s).*project\ttides\n.*"),
    "walkaway sessions meta @ project=": (0, r"(?s).*"),
    "walkaway sessions export @ >talk.md": (0, ""),
    "walkaway sessions export @ --json": (0, r'\[\{"id": .*"role": "user", .*\]\n'),
    "walkaway sessions delete @ --yes": (0, ""),
    "walkaway sessions delete @2 --yes": (0, ""),
    "walkaway sessions prune --older-than 30d --yes": (0, ""),
    "walkaway sessions prune --older-than 1h --yes": (0, ""),
    "walkaway status": (0, r"server\thttp://.*\nkey\tfrom WALKAWAY_KEY\n(?s).*tenant\talpha\n.*"),
    "walkaway status --field version": (0, r"\d+\.\d+\.\d+\n"),
    "walkaway tail @ --out porto": (0, POEM),
    "walkaway tail @ --events --from 10": (0, r"11\t[a-z._]+\t\{.*\n(?s).*"),
    "walkaway turns list @": (0, rf"({REF}\tcompleted\t.*\n)+"),
    "walkaway turns list @ --limit 1 --field status": (0, r"completed\n"),
    "walkaway turns show @": (0, POEM),
    "walkaway turns show @ --field output_text": (0, POEM),
    "walkaway turns events @": (0, r"0\tmessage\.created\t\{.*\n(?s).*message\.completed\t.*\n"),
    "walkaway turns events @ --json --from 3": (0, r'\{"id": 4, (?s).*'),
    "walkaway turns usage @": (0, r"input_tokens\t\d+\n(?s).*cost\t\$0\.00\n"),
    "walkaway turns usage @ --field output_tokens": (0, r"\d+\n"),
    "walkaway keys create alice --name laptop": (0, r"wk_\S+\n"),
    "walkaway keys create alice -q >key.txt": (0, ""),
    "walkaway keys list": (0, r"\w{16}\talice\t[^\n]*\n"),
    "walkaway keys list --field tenant": (0, r"alice\n"),
    "walkaway keys revoke 5e884898da280471": (0, ""),
    "walkaway keys revoke 5e884898da280471 --json": (0, r'\{"id": "\w{16}", .*"revoked": true\}\n'),
    "walkaway models": (0, r"(?s)rehearsal\toffline\tdefault\t.*\tok\t.*"),
    "walkaway models --no-check --field model": (0, r"(?s)rehearsal\n.*"),
    "walkaway serve --offline": (
        0,
        r"Walkaway on http://127\.0\.0\.1:\d+  data: .*/\.walkaway  model: rehearsal .*\n.*\n",
    ),
    "walkaway serve --port 0 --data work --json": (0, r'\{"url": "http://.*", "data": ".*/work", "model": ".*"\}\n'),
    "walkaway wait @": (0, ""),
    "walkaway webhooks create https://example.com/hook --name reports": (0, r"(?s).*name\treports\n.*secret\twhsec_.*"),
    "walkaway webhooks create https://example.com/hook --event turn.completed --field secret": (0, r"whsec_\S+\n"),
    "walkaway webhooks delete reports --yes": (0, ""),
    "walkaway webhooks delete reports news --yes": (0, ""),
    "walkaway webhooks deliveries reports": (0, r"(evt_\w{24}\t(pending|failed)\twebhook\.test\t[^\n]*\n){2}"),
    "walkaway webhooks deliveries reports --limit 1 --field status": (0, r"(pending|failed)\n"),
    "walkaway webhooks edit reports --event turn.completed --event turn.failed": (
        0,
        r"(?s).*events\tturn\.completed, turn\.failed\n.*",
    ),
    "walkaway webhooks edit reports --enable": (0, r"(?s).*status\tenabled\n.*"),
    "walkaway webhooks list": (0, r"(?s).*whk_\w{24}\treports\tenabled\thttps://example\.com/reports\t\*\n.*"),
    "walkaway webhooks list --field url": (0, r"(?s).*https://example\.com/reports\n.*"),
    "walkaway webhooks listen": (1, ""),  # the server here tells nothing to its own machine
    "walkaway webhooks listen --event turn.completed --port 0": (1, ""),
    "walkaway webhooks redeliver reports @": (0, ""),
    "walkaway webhooks redeliver reports @2 -q": (0, r"evt_\w{24}\n"),
    "walkaway webhooks rotate reports": (0, r"secret\twhsec_\S+\nthe old one until\t.*\n"),
    "walkaway webhooks rotate reports --grace 1h --field secret": (0, r"whsec_\S+\n"),
    "walkaway webhooks show reports": (0, r"webhook\twhk_\w{24}\nname\treports\n(?s).*"),
    "walkaway webhooks show reports --field status": (0, r"enabled\n"),
    "walkaway webhooks test reports": (0, ""),
    "walkaway webhooks test reports -q": (0, r"evt_\w{24}\n"),
    "walkaway wait @ --timeout 10m --field output_text": (0, POEM),
}


def examples() -> list[str]:
    context = click.Context(main, info_name="walkaway")
    left = [main.get_command(context, name) for name in main.list_commands(context)]
    found: list[str] = []
    while left:
        command = left.pop()
        if isinstance(command, click.Group):
            left += command.commands.values()
        elif isinstance(command, options.Command):
            found += command.examples
    return found


@pytest.fixture
def used(walkaway: Caller, monkeypatch: pytest.MonkeyPatch, example: str) -> Iterator[list[Session]]:
    """Two sessions that were used here, or as many as an example is about; in each a turn has ended."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(walkaway.home / ".config"))
    with quick(walkaway.url) as client:
        found = [client.sessions.create() for _ in range(2 if TWO.search(example) else 1 if ONE.search(example) else 0)]
        for session in found:
            remember(walkaway, session, session.ask("Write a poem about boats.").turn)
        yield found


def test_every_example_is_here() -> None:
    assert sorted(examples()) == sorted(EXPECTED)


@pytest.mark.parametrize("example", sorted(EXPECTED))
def test_an_example_does_what_it_says(walkaway: Caller, used: list[Session], server: Running, example: str) -> None:
    prepare(walkaway, used, example)
    typed = example.replace("https://walkaway.example.com", server.url)
    if " runs " in example:
        typed = typed.replace(RUN, make_run(walkaway, example))
    if " keys " in example:
        typed = typed.replace(KEY, make_key(walkaway, example))
    if " serve" in typed and "tools" not in typed:
        typed += " --port 0"  # that of the example may be taken
    script = Path(sys.executable).parent / "walkaway"
    environ, files = command(script, walkaway.home.parent / "bin", {**walkaway.environ, "EDITOR": "true"})
    with subprocess.Popen(
        ["bash", "-c", typed],
        env=environ,
        pass_fds=files,
        cwd=walkaway.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as done:
        assert done.stdout
        said = ""
        if " serve" in example:  # until somebody stops it
            said = "".join(done.stdout.readline() for _ in range(1 if "--json" in example else 2))
            done.terminate()
        rest, err = done.communicate(timeout=60)
    code, printed = EXPECTED[example]
    assert done.returncode == code, err
    flags = re.DOTALL if "(?s)" in printed else 0
    assert re.fullmatch(printed.replace("(?s)", ""), said + rest, flags), said + rest


def prepare(walkaway: Caller, used: list[Session], example: str) -> None:
    """Make what an example needs besides."""
    (walkaway.home / "key.txt").write_text("alpha-key\n")
    if " files " in example:
        (walkaway.home / "notes.md").write_text("notes")
        (walkaway.home / "texts").mkdir()
        (walkaway.home / "texts/a.txt").write_text("a" if "--delete" not in example else "b")
        for path, data in (("tides.md", b"high\nlow\n"), ("charts/porto.txt", b"ok"), ("a.md", b"a"), ("b.md", b"b")):
            used[0].files.upload(data, path)
    if " tools " in example:
        script = "from walkaway import tool\n" + "".join(
            f'@tool\ndef {name}(sku: str) -> int:\n    """Do it."""\n    return 1\n' for name in ("count", "order")
        )
        (walkaway.home / "stock.py").write_text(script)
    if "profiles" in example or "logout" in example:
        profiles.keep("work", walkaway.url, "alpha-key")
    for word, make in MADE.items():
        if word in example:
            make(walkaway, example)
    if "git" in example:
        script = "git init -q && echo a >a && git add a && echo b >a"
        subprocess.run(["bash", "-c", script], cwd=walkaway.home, check=True)
    if "answer" in example:
        ask(walkaway, example)


def ask(walkaway: Caller, example: str) -> None:
    """Have a turn wait for a yes, or for an output."""
    with quick(walkaway.url) as client:
        settings = {"approve": ["write_file"]} if "--yes" in example else {"tools": [STOCK]}
        session = client.sessions.create(**settings)
        turn = session.send("Write a poem to poem.md" if "--yes" in example else "Look at the stock")
        while not turn.refresh().pending:
            assert not turn.ended
        remember(walkaway, session, turn)


def remember(walkaway: Caller, session: Session, turn: Turn) -> None:
    """Have used a turn here."""
    options = profiles.options(walkaway.url, walkaway.key, None, {})
    State(whose(options), print).use(session.id, turn.id)


def declare(walkaway: Caller, example: str) -> None:
    """Write the files that an example names; to export there is what they declare."""
    agent, hook = "kind: agent\nname: researcher\n", "kind: webhook\nname: reports\nurl: https://example.com/hook\n"
    for name, text in (("walkaway", f"{agent}---\n{hook}"), ("agents", agent), ("hooks", hook)):
        (walkaway.home / f"{name}.yaml").write_text(text)
    make_agents(walkaway, example)
    hooked(walkaway, example)


def hooked(walkaway: Caller, example: str) -> None:
    """Make the webhooks that an example names, and no others."""
    with quick(walkaway.url) as client:
        for hook in client.webhooks.list():
            client.webhooks.delete(hook)
        for name in () if " create " in example or " apply " in example else ("reports", "news"):
            client.webhooks.create(url=f"https://example.com/{name}", name=name)
        for _ in range(2 * ("deliver" in example)):
            client.webhooks.test("reports")


def scheduled(walkaway: Caller, example: str) -> None:
    """Make the schedules that an example names, and no others."""
    with quick(walkaway.url) as client:
        for schedule in client.schedules.list():
            client.schedules.delete(schedule)
        for name in () if " create " in example else ("digest", "news"):
            client.schedules.create(name=name, cron="0 8 * * 1-5", message="x")
        if " firings " in example:
            client.schedules.run("digest")


def make_agents(walkaway: Caller, example: str) -> None:
    """Make the agents that an example names, and those alone."""
    (walkaway.home / "researcher.yaml").write_text("name: researcher\nmodel: rehearsal\n")
    with quick(walkaway.url) as client:
        for agent in client.agents.list():
            if agent.name in NAMED:
                client.agents.delete(agent)
        for name in () if " create " in example or " apply " in example else NAMED:
            client.agents.create(name=name)
            client.agents.update(name, model="rehearsal")


def make_run(walkaway: Caller, example: str) -> str:
    """Submit a run, which is over unless it is to be cancelled; give its id."""
    body = {"prompt": "Write a poem about boats."}
    waits = {"prompt": "Write a poem to poem.md", "config": {"approve": ["write_file"]}}
    with quick(walkaway.url) as client:
        said = client.request("POST", "/api/v1/runs", json=waits if " cancel " in example else body).json()
        native = client.request("GET", f"/api/v1/runs/{said['job_id']}").json()["native"]
        turn = client.turn(native.partition("/sessions/")[2].replace("/responses/", "/"))
        if " cancel " not in example:
            turn.wait(60)
    return str(said["job_id"])


def make_key(walkaway: Caller, example: str) -> str:
    """Make a key, unless the example does; give its id."""
    return walkaway("keys", "create", "alice", "--field", "id").out.strip() if " create " not in example else ""


MADE = {
    " agents ": make_agents,
    "--agent": make_agents,
    " apply ": declare,
    " export ": declare,
    " schedules ": scheduled,
    " webhooks ": hooked,
}
