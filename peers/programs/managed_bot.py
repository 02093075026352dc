"""A bot of a chat: a mention begins a session, replies go on in it, and what comes of it is posted to the thread."""

# These words are drawn: ferry harbour tide quay
import threading
import time
from collections import defaultdict

from anthropic import Anthropic, APIError

client = Anthropic()
MOUNT = "/mnt/session/uploads/harbour.csv"
environment = client.beta.environments.create(name="harbour-bots")
agent = client.beta.agents.create(
    name="harbour-bot",
    model="claude-sonnet-5-5",
    system="Answer questions about tables, and leave reports in /mnt/session/outputs.",
    tools=[
        {
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
            "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}],
        }
    ],
)
posts: dict[str, list[str]] = defaultdict(list)
"""What people read, by thread."""


class Bot:
    """What it knows goes with its process; what it must know stands in metadata."""

    def __init__(self) -> None:
        """Find the sessions of threads that it had before."""
        self.sessions: dict[str, str] = {}
        self.known: dict[str, str] = {}
        self.sent: set[str] = set()
        self.waiting: dict[str, list[str]] = {}
        for session in client.beta.sessions.list(limit=2, order="asc"):
            if session.metadata.get("chat_channel") == "ferry":
                self.sessions[session.metadata["chat_thread"]] = session.id

    def on_mention(self, thread: str, text: str, table: bytes = b"") -> None:
        """Begin a session for a thread, with the file that came along."""
        posts[thread].append("On it.")
        resources = []
        if table:
            file = client.beta.files.upload(file=("harbour.csv", table, "text/csv"))
            resources.append({"type": "file", "file_id": file.id, "mount_path": MOUNT})
        session = client.beta.sessions.create(
            environment_id=environment.id,
            agent={"type": "agent", "id": agent.id, "version": agent.version},
            resources=resources,
            title="".join(c for c in text if c.isprintable())[:80],
            metadata={"chat_channel": "ferry", "chat_thread": thread},
        )
        self.sessions[thread] = session.id
        self.on_reply(thread, text)

    def on_reply(self, thread: str, text: str, table: bytes = b"") -> None:
        """Go on with a thread; whatever goes wrong is said there."""
        session = self.sessions[thread]
        try:
            if table:
                self.replace(session, table)
            client.beta.sessions.events.send(session, events=self.events(thread, text))
            self.relay(thread)
        except APIError as error:
            posts[thread].append(f"That went wrong: {type(error).__name__}: {error}")

    def events(self, thread: str, text: str) -> list[dict[str, object]]:
        """Make what a person says an answer, where one is waited for and it is one; else a message."""
        verdict = text.partition(",")[0]
        if thread not in self.waiting or verdict not in ("yes", "no"):
            return [{"type": "user.message", "content": [{"type": "text", "text": text}]}]
        said = {"result": "allow"} if verdict == "yes" else {"result": "deny", "deny_message": text}
        asked = self.waiting.pop(thread)
        return [{"type": "user.tool_confirmation", "tool_use_id": id_, **said} for id_ in asked]

    def replace(self, session: str, table: bytes) -> None:
        """Mount a newer file in the place of the old one."""
        [old] = [each for each in client.beta.sessions.resources.list(session) if each.mount_path == MOUNT]
        client.beta.sessions.resources.delete(old.id, session_id=session)
        file = client.beta.files.upload(file=("harbour.csv", table, "text/csv"))
        client.beta.sessions.resources.add(session, type="file", file_id=file.id, mount_path=MOUNT)

    def relay(self, thread: str) -> None:
        """Look at the last event until it is one of rest; post what is new since the last time."""
        session = self.sessions[thread]
        while (last := self.last(session)).type not in ("session.status_idle", "session.status_terminated"):
            time.sleep(0.1)
        new = []
        for event in client.beta.sessions.events.list(session, order="desc", limit=5):
            if event.id == self.known.get(thread):
                break
            new.append(event)
        self.known[thread] = last.id
        new.reverse()
        used = [event for event in new if event.type == "agent.tool_use"]
        posts[thread] += ["Running analysis ..."] if used else []
        summary = [block.text for event in new if event.type == "agent.message" for block in event.content]
        posts[thread] += [" ".join(summary[-1].split())] if summary else []
        if last.stop_reason.type == "requires_action":
            self.waiting[thread] = last.stop_reason.event_ids
            posts[thread] += [f"May it? {event.input}" for event in used if event.id in last.stop_reason.event_ids]
        for file in client.beta.files.list(scope_id=session, betas=["managed-agents-2026-04-01"]).data:
            if file.downloadable and file.id not in self.sent:
                self.sent.add(file.id)
                content = client.beta.files.download(file.id).read().decode()
                posts[thread].append(f"file {file.filename}: {len(content.splitlines())} {content.splitlines()[0]}")

    @staticmethod
    def last(session: str):  # noqa: ANN205 - one of forty types
        """Give the newest event."""
        return client.beta.sessions.events.list(session, order="desc", limit=1).data[0]


def show(*threads: str) -> None:
    for thread in threads:
        print(f"{thread}:", *posts.pop(thread), sep="\n  ", end="\n--\n")


bot = Bot()
print("before:", bot.sessions)
one = f"Analyse {MOUNT} and write a report on the tide to /mnt/session/outputs/tide.md"
two = "Write a report on the quay to /mnt/session/outputs/quay.md"
begun = [
    threading.Thread(target=bot.on_mention, args=("one", one, b"harbour,tide\nnorth,4\nsouth,2\n")),
    threading.Thread(target=bot.on_mention, args=("two", two)),
]
for each in begun:
    each.start()
for each in begun:
    each.join()
show("one", "two")

COLUMNS = f"Read {MOUNT} and tell me the column names"
bot.on_reply("one", COLUMNS)
bot.on_reply("one", COLUMNS, b"quay,ferry\n1,2\n")
show("one")

bot.on_reply("one", f"Run `wc -l < {MOUNT} > /mnt/session/outputs/lines.txt`")
bot.on_reply("one", "And how long will that take?")
bot.on_reply("two", COLUMNS)
show("one", "two")
bot.on_reply("one", "yes")
show("one")
bot.on_reply("one", "Run `rm -r /mnt/session/outputs`")
bot.on_reply("one", "no, we need them")
show("one")

bot.known, sent = {}, bot.sent
again = Bot()
print("found again:", again.sessions == bot.sessions, len(again.sessions))
again.known, again.sent = {thread: again.last(id_).id for thread, id_ in again.sessions.items()}, sent
again.on_reply("one", "Run `echo more >> /mnt/session/outputs/lines.txt`")
again.on_reply("one", "yes")
show("one")
files = client.beta.files.list(scope_id=again.sessions["one"]).data
print("given:", *(file.filename for file in files if not file.downloadable))
print("made:", *(file.filename for file in files if file.downloadable and file.filename != "lines.txt"), len(files))
