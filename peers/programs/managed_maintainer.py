"""A maintainer: from an issue to a merged pull request, whose steps are tools of the program's; logs come and go."""

# These words are drawn: ferry harbour quay
import io
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

from anthropic import Anthropic, BadRequestError, NotFoundError

client = Anthropic()
HUB = """#!/bin/sh
case "$1 $2" in
"issue view") cat "issue_$3.json" ;;
"pr checks") PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 exec python3 -m pytest -q -p no:cacheprovider tests ;;
"pr note") mkdir -p .hub && echo "{\\"number\\": $3, \\"state\\": \\"$4\\"}" > ".hub/pr_$3.json" ;;
*) echo "no such thing: $*" >&2; exit 2 ;;
esac
"""
REPOSITORY = {
    "hub": HUB,
    "issue_42.json": '{"number": 42, "title": "Links to quays break", "body": "Quay 7 becomes just quay-"}',
    "src/__init__.py": "",
    "src/quay.py": 'import re\n\n\ndef link(name):\n    return re.sub(r"[^a-z]+", "-", name.lower()).strip("-")\n',
    "tests/test_quay.py": "from src.quay import link\n\n\n"
    'def test_words():\n    assert link("Old Ferry") == "old-ferry"\n\n\n'
    'def test_numbers():\n    assert link("Ferry 7") == "ferry-7"\n',
}
TOOLS = {
    "open_pull_request": {"title": {"type": "string"}, "branch": {"type": "string"}},
    "request_review": {"number": {"type": "integer"}},
    "merge_pull_request": {"number": {"type": "integer"}},
}


def packed() -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in REPOSITORY.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name == "hub" else 0o644) << 16
            archive.writestr(entry, text)
    buffer.seek(0)
    return buffer


def mount(name: str, text: str) -> str:
    """Give a file to the session as it is; answer with the resource's id."""
    file = client.beta.files.upload(file=(name, text.encode(), "text/plain"))
    return client.beta.sessions.resources.add(session.id, type="file", file_id=file.id, mount_path=name).id


def mounted() -> list[str]:
    return sorted(each.mount_path.rpartition("/")[2] for each in client.beta.sessions.resources.list(session.id))


def patch() -> str:
    """Find the one patch that there is now."""
    [found] = [each for each in client.beta.files.list(scope_id=session.id) if each.downloadable]
    print("patch:", found.filename, found.size_bytes > 0)
    return found.id


def linked(patch_id: str) -> str:
    """Say what the patched function makes of a name, on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(packed()).extractall(folder)
        Path(folder, "fix.patch").write_bytes(client.beta.files.download(patch_id).read())
        subprocess.run(["git", "apply", "fix.patch"], cwd=folder, check=True)
        asked = "from src.quay import link; print(link('Île Harbour 9'), bool(link.__doc__))"
        done = subprocess.run([sys.executable, "-c", asked], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


resources: dict[str, str] = {}
patches: list[str] = []


def answer(name: str, given: dict[str, object]) -> str:
    """Do what a tool is asked for, and say what came of it."""
    if name == "open_pull_request":
        resources["ci.log"] = mount("ci.log", "FAILED tests/test_more.py: link('Île 2') == 'le-2', not 'ile-2'\n")
        print("opened:", given["title"], "|", given["branch"], mounted())
        return "Number 101 is open, and its checks fail: /mnt/session/uploads/ci.log"
    patches.append(patch())
    print("now:", linked(patches[-1]))
    if name == "request_review":
        client.beta.sessions.resources.delete(resources.pop("ci.log"), session_id=session.id)
        mount("review.md", "# Changes wanted\n\nSay in a docstring what it gives.\n")
        print("reviewed:", given["number"], mounted())
        return "Changes are wanted: /mnt/session/uploads/review.md"
    print("merged:", given["number"])
    return f"Number {given['number']} is merged."


def until_end_turn() -> None:
    """Read on to the end of the turn, answering what is asked."""
    seen: dict[str, object] = {}
    tools, waits, failed = Counter(), 0, 0
    for event in client.beta.sessions.events.stream(session.id):
        if event.id in seen:
            continue
        seen[event.id] = event
        if event.type == "agent.message":
            print("said:", *(block.text for block in event.content))
        elif event.type in ("agent.tool_use", "agent.custom_tool_use"):
            tools[event.name] += 1
        elif event.type == "agent.tool_result" and event.is_error:
            failed += 1
            resources["house.md"] = mount("house.md", "Numbers and accents stay.\n")  # while it runs
        elif event.type == "session.status_idle":
            if event.stop_reason.type == "end_turn":
                print("tools:", *(f"{name} {count}" for name, count in sorted(tools.items())), "waits", waits)
                print("failed:", failed)
                return
            waits += 1
            for asked in (seen[id_] for id_ in event.stop_reason.event_ids):
                given = [{"type": "text", "text": answer(asked.name, asked.input)}]
                result = {"type": "user.custom_tool_result", "custom_tool_use_id": asked.id, "content": given}
                client.beta.sessions.events.send(session.id, events=[result])
    raise RuntimeError("the stream has ended")


def say(text: str) -> None:
    message = {"type": "user.message", "content": [{"type": "text", "text": text}]}
    client.beta.sessions.events.send(session_id=session.id, events=[message])
    until_end_turn()


fixture = client.beta.files.upload(file=("repo.zip", packed(), "application/zip"))
custom = [
    {
        "type": "custom",
        "name": name,
        "description": f"Does it in the forge: {name}.",
        "input_schema": {"type": "object", "properties": properties, "required": [*properties]},
    }
    for name, properties in TOOLS.items()
]
agent = client.beta.agents.create(
    name="harbour-maintainer",
    model="claude-sonnet-4-6",
    system="You read issues by ./hub, mend what they tell, and see pull requests through. Work in /mnt/user.",
    tools=[
        {
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
        },
        *custom,
    ],
)
environment = client.beta.environments.create(
    name="harbour-maintainers",
    config={
        "type": "cloud",
        "networking": {"type": "limited", "allow_package_managers": True},
        "packages": {"pip": ["pytest"]},
    },
)
session = client.beta.sessions.create(
    environment_id=environment.id,
    agent={"type": "agent", "id": agent.id, "version": agent.version},
    resources=[{"type": "file", "file_id": fixture.id, "mount_path": "repo.zip"}],
    title="Issue #42 → a pull request",
)
print("session:", session.title, mounted())
say("Unpack /mnt/session/uploads/repo.zip into /mnt/user and see issue 42 through to its merge. Use ./hub.")
try:
    client.beta.files.retrieve_metadata(patches[0])
except NotFoundError:
    print("the first patch is gone:", len(set(patches)) == 2)
say("Print /mnt/user/.hub/pr_101.json, so that I see how it stands.")
client.beta.sessions.archive(session.id)
client.beta.environments.archive(environment.id)
client.beta.agents.archive(agent.id)
try:
    client.beta.sessions.create(environment_id=environment.id, agent=agent.id)
except BadRequestError:
    print("archived:", [each.id for each in client.beta.agents.list() if each.id == agent.id])
print("still:", linked(patches[-1]))
