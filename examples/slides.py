"""Ask for slides without holding a stream: start, wait on the log as JSON, fetch the file.

Leaves: *.pptx
"""

import os
from pathlib import Path

import httpx

client = httpx.Client(
    base_url=os.environ.get("WALKAWAY_URL", "http://127.0.0.1:8005"),
    headers={"Authorization": f"Bearer {os.environ.get('WALKAWAY_KEY', 'none')}"},
    trust_env="WALKAWAY_URL" in os.environ,  # no proxy stands before this machine
    timeout=60,
)
session = client.post("/v1/sessions").raise_for_status().json()["id"]
task = {"message": "Prepare a 7-slide presentation about coral reefs."}
started = client.post(f"/v1/sessions/{session}/messages", json=task, headers={"Prefer": "respond-async"})
events_url = started.raise_for_status().json()["events_url"]

after, done = -1, False
while not done:  # each call answers as soon as there is news, or after 20 s
    page = client.get(events_url, params={"after": after, "wait": 20}).raise_for_status().json()
    after, done = page["next"], page["done"]
    for event in page["events"]:
        if event["event"] == "tool_use.executing":
            print("the agent runs", event["data"]["name"])

for entry in client.get(f"/v1/sessions/{session}/files", params={"path": "output"}).raise_for_status().json():
    if entry["name"].startswith("coral"):
        file = client.get(f"/v1/sessions/{session}/files/output/{entry['name']}").raise_for_status()
        Path(entry["name"]).write_bytes(file.content)
        print(f"{entry['name']}: {len(file.content)} bytes")
