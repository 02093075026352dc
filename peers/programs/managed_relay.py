"""A bot that polls: what stands behind the last event it knows goes to people, and files that the agent has made."""

# These words are drawn: ferry harbour tide
import time

from anthropic import Anthropic

client = Anthropic()
environment = client.beta.environments.create(name="harbour")
agent = client.beta.agents.create(
    name="tide-bot",
    model="claude-sonnet-5-5",
    system="Answer questions about tables.",
    tools=[{"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_allow"}}}],
)
table = client.beta.files.upload(file=("tide.csv", b"harbour,tide\nnorth,4\nsouth,2\n", "text/csv"))
session = client.beta.sessions.create(
    environment_id=environment.id,
    agent=agent.id,
    metadata={"thread": "1700000000.000100"},
    resources=[{"type": "file", "file_id": table.id, "mount_path": "/mnt/user-data/tide.csv"}],
)
known: set[str] = set()
sent: set[str] = set()


def relay() -> None:
    while True:
        events = list(client.beta.sessions.events.list(session.id))
        for event in events:
            if event.id not in known and event.type == "agent.message":
                print("said:", " ".join(block.text for block in event.content)[:100].replace("\n", " "))
            known.add(event.id)
        if events[-1].type == "session.status_idle" and events[-1].stop_reason.type == "end_turn":
            break
        time.sleep(0.2)
    for file in client.beta.files.list(scope_id=session.id):
        if file.downloadable and file.id not in sent:
            sent.add(file.id)
            print("file:", file.filename, len(client.beta.files.download(file.id).read()) > 100)


for text in (
    "Analyse /mnt/user-data/tide.csv and write a report on the tide to /mnt/session/outputs/first.md",
    "Run `cp /mnt/session/outputs/first.md /mnt/session/outputs/second.md && ls /mnt/session/outputs`",
    "Read /mnt/user-data/tide.csv and tell me the column names",
):
    client.beta.sessions.events.send(
        session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": text}]}]
    )
    relay()

found = [each for each in client.beta.sessions.list(limit=100) if each.metadata.get("thread") == "1700000000.000100"]
print("found again:", [each.id for each in found] == [session.id])
client.beta.sessions.archive(session.id)
print("archived:", client.beta.sessions.retrieve(session.id).status)
