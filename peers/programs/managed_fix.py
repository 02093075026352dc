"""Tests fail, the agent mends the code, and what it has mended comes back: round by round in one session."""

# These words are drawn: ferry harbour fare
import subprocess
import sys
import tempfile
from pathlib import Path

from anthropic import Anthropic

client = Anthropic()
CODE = "def fare(a, b):\n    return a - b\n"
TEST = "from fare import fare\n\nassert fare(2, 3) == 5, fare(2, 3)\nprint('all is well')\n"
environment = client.beta.environments.create(name="harbour")
agent = client.beta.agents.create(
    name="fixer",
    model={"id": "claude-sonnet-5-5", "effort": "low"},
    system="Mend what the tests show.",
    tools=[{"type": "agent_toolset_20260401", "configs": [{"name": "web_search", "enabled": False}]}],
)
resources = []
for name, text in (("fare.py", CODE), ("check.py", TEST)):
    file = client.beta.files.upload(file=(name, text.encode(), "text/x-python"))
    resources.append({"type": "file", "file_id": file.id, "mount_path": f"/workspace/given/{name}"})
session = client.beta.sessions.create(environment_id=environment.id, agent=agent.id, resources=resources)

for command in (
    "cp -r given work && chmod -R u+w work && cd work && python3 check.py",
    "sed -i 's/a - b/a + b/' fare.py && python3 check.py",
    "cp /workspace/work/fare.py /mnt/session/outputs/",
):
    with client.beta.sessions.events.stream(session.id) as stream:  # first, as the guides ask
        message = {"type": "user.message", "content": [{"type": "text", "text": f"Run `{command}`"}]}
        client.beta.sessions.events.send(session.id, events=[message])
        for event in stream:
            if event.type == "agent.tool_result":
                said = "".join(block.text for block in event.content)
                print("result:", "failed" if event.is_error else "well", said.split("\n")[-1][:60])
            if event.type == "session.status_idle" and event.stop_reason.type == "end_turn":
                break

[mended] = [each for each in client.beta.files.list(scope_id=session.id) if each.downloadable]
with tempfile.TemporaryDirectory() as folder:
    Path(folder, mended.filename).write_bytes(client.beta.files.download(mended.id).read())
    Path(folder, "check.py").write_text(TEST)
    done = subprocess.run([sys.executable, "check.py"], cwd=folder, capture_output=True, text=True, check=True)
print("here:", done.stdout.strip())
now = client.beta.sessions.retrieve(session.id)
print("used:", now.usage.output_tokens > 0, now.stats.active_seconds > 0)
