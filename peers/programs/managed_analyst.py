"""An analyst: a table is mounted, programs are written and run with listed packages, a report with charts fetched."""

# These words are drawn: ferry harbour fare tide seats
import csv
import json
import random
import re
from collections import Counter
from pathlib import Path

from anthropic import Anthropic, BadRequestError

client = Anthropic()
files = getattr(client, "files", client.beta.files)  # where it is without a beta, in newer ones
chance = random.Random("ferry")
COLUMNS = ("number", "customer", "harbour", "tide", "fare", "seats")
rows = [
    (n, f"c{chance.randrange(25)}", chance.choice(("north", "süd")), chance.choice(("high", "low")), *draws)
    for n, draws in enumerate([(chance.randrange(5, 90), chance.randrange(1, 9)) for _ in range(50)])
]
DATA = Path("harbour_fares.csv")
with DATA.open("w", newline="", encoding="utf-8") as table:
    csv.writer(table).writerows([COLUMNS, *rows])

environment = client.beta.environments.create(
    name="ferry-analysts",
    config={
        "type": "cloud",
        "networking": {"type": "unrestricted"},
        "packages": {"type": "packages", "pip": ["pandas", "plotly"]},
    },
)
print("packages:", environment.config.packages.pip, environment.config.packages.apt)
try:
    client.beta.environments.create(name="other", config={"type": "cloud", "packages": {"pip": ["harbour"]}})
except BadRequestError as refused:
    print("not there:", refused)
agent = client.beta.agents.create(
    name="ferry-analyst",
    model="claude-sonnet-4-6",
    system="Write scripts, run them by python3, and leave report.html in /mnt/session/outputs.",
    tools=[
        {
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
            "configs": [{"name": "web_search", "enabled": False}, {"name": "web_fetch", "enabled": False}],
        }
    ],
)
with DATA.open("rb") as opened:
    dataset = files.upload(file=(DATA.name, opened, "text/csv"))
print("uploaded:", dataset.filename, dataset.size_bytes == DATA.stat().st_size)
MOUNT = f"/mnt/session/uploads/{DATA.name}"
session = client.beta.sessions.create(
    environment_id=environment.id,
    agent={"type": "agent", "id": agent.id, "version": agent.version},
    resources=[{"type": "file", "file_id": dataset.id, "mount_path": MOUNT}],
    title="Fares of a harbour",
)
print("session:", session.title, session.status)


def say(text: str) -> None:
    client.beta.sessions.events.send(
        session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": text}]}]
    )


def wait_for_idle() -> list[str]:
    """Read on to the end of the turn; give what the agent said."""
    said, tools, failed = [], [], 0
    for event in client.beta.sessions.events.stream(session.id):
        if event.type == "agent.message":
            said += [block.text for block in event.content if block.type == "text"]
        elif event.type == "agent.tool_use":
            tools.append(event.name)
        elif event.type == "agent.tool_result":
            failed += bool(event.is_error)
        elif event.type == "session.status_idle":
            used = " ".join(f"{name} {count}" for name, count in sorted(Counter(tools).items()))
            print("tools:", used, "failed", failed, "end", event.stop_reason.type)
            return said
        elif event.type == "session.status_terminated":
            break
    raise RuntimeError("it has ended before it was idle")


say(f"Analyse the orders in {MOUNT}, by harbour and tide, and who comes again. Make report.html.")
said = wait_for_idle()
print("said:", *said)
paid = sum(row[4] * row[5] for row in rows)
print("the sum is ours:", said[-1] == f"Saved: report.html, paid in all: {paid}.")

outputs = client.beta.files.list(scope_id=session.id, betas=["managed-agents-2026-04-01"])
for file in sorted(outputs.data, key=lambda file: (file.downloadable, file.filename)):
    print("file:", file.filename, file.mime_type, file.downloadable, file.scope.id == session.id)
report = next(file for file in outputs.data if file.filename == "report.html")
Path("report.html").write_bytes(files.download(report.id).read())
page = Path("report.html").read_text(encoding="utf-8")
print("whole:", len(page.encode()) == report.size_bytes, page.endswith("</body></html>"), "—" in page)
charts = []
for start in re.finditer(r'Plotly\.newPlot\(\s*"[^"]+",\s*', page):
    [bars] = json.JSONDecoder().raw_decode(page, start.end())[0]
    charts.append(dict(zip(bars["x"], bars["y"], strict=True)))


def summed(column: int) -> dict[str, int]:
    return dict(sum((Counter({row[column]: row[4] * row[5]}) for row in rows), Counter()))


again = dict(Counter(Counter(row[1] for row in rows).values()))
print("charts:", len(charts), [charts[0] == summed(2), charts[1] == summed(3), charts[2] == again])
small = next(file for file in outputs.data if file.filename == "paid.csv")
lines = list(csv.reader(files.download(small.id).read().decode().splitlines()))
print("table:", lines[0] == ["harbour", "paid"], {name: int(sum_) for name, sum_ in lines[1:]} == summed(2))

say("Where have you worked?")
print("said:", *wait_for_idle())
spans = client.beta.sessions.events.list(session.id, types=["span.model_request_end"])
used = [span.model_usage.output_tokens for span in spans]
print("used:", len(used), client.beta.sessions.retrieve(session.id).usage.output_tokens == sum(used) > 0)
client.beta.sessions.archive(session.id)
print(
    "archived:",
    client.beta.sessions.retrieve(session.id).status,
    len(files.download(report.id).read()) == len(page.encode()),
)
try:
    say("Are you there?")
except BadRequestError:
    print("it says no more")
