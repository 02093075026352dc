"""An agent in somebody's code: an archive is mounted and unpacked, and scripts in it run in the next turns."""

# These words are drawn: ferry harbour quay
import io
import tarfile

from anthropic import Anthropic

client = Anthropic()


def archive(**files: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"quay/{name}")
            entry.size, entry.mode = len(text), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def said(text: str) -> str:
    client.beta.sessions.events.send(
        session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": text}]}]
    )
    told = ""
    with client.beta.sessions.events.stream(session.id) as stream:
        for event in stream:
            if event.type == "agent.message":
                told += "".join(block.text for block in event.content)
            if event.type == "session.status_idle":
                return told.replace("\n", " ")
    raise AssertionError("the stream has ended")


environment = client.beta.environments.create(name="harbour")
agent = client.beta.agents.create(
    name="quay-reader", model="claude-sonnet-5-5", tools=[{"type": "agent_toolset_20260401"}]
)
code = client.beta.files.upload(
    file=("quay.tar.gz", archive(tool="#!/bin/sh\necho it runs in $(basename $PWD)\n", notes="the ferry is late\n"))
)
session = client.beta.sessions.create(
    environment_id=environment.id,
    agent={"type": "agent", "id": agent.id, "version": agent.version},
    resources=[{"type": "file", "file_id": code.id, "mount_path": "/mnt/session/uploads/quay.tar.gz"}],
)
print(said("Run `mkdir -p /mnt/user && cd /mnt/user && tar xzf /mnt/session/uploads/quay.tar.gz && cd quay && ls`"))
print(said("Run `./tool && export QUAY=seven && ln -s tool link`"))
print(said("Run `./link && echo quay $QUAY && test -x tool && echo executable`"))
print(said("Run `grep -rn ferry /mnt/user`"))

later = client.beta.files.upload(file=("brief.md", b"# The brief\n"))
resource = client.beta.sessions.resources.add(
    session.id, type="file", file_id=later.id, mount_path="/workspace/brief.md"
)
print(said("Run `cat /workspace/brief.md; echo more >> /workspace/brief.md || echo it is read only`"))
client.beta.sessions.resources.delete(resource.id, session_id=session.id)
print(said("Run `ls /workspace/brief.md || echo it is gone`"))
left = [each.mount_path for each in client.beta.sessions.resources.list(session.id)]
print("left:", left == ["/mnt/session/uploads/quay.tar.gz"])
client.beta.sessions.delete(session.id)
print("uploads stay:", client.beta.files.retrieve_metadata(code.id).filename)
