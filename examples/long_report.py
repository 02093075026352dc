"""Send a long task, drop the connection, poll until it is done, fetch the result.

Leaves: tides.md
"""

import os
import time
from pathlib import Path

import httpx

client = httpx.Client(
    base_url=os.environ.get("WALKAWAY_URL", "http://127.0.0.1:8005"),
    headers={"Authorization": f"Bearer {os.environ.get('WALKAWAY_KEY', 'none')}"},
    trust_env="WALKAWAY_URL" in os.environ,  # no proxy stands before this machine
)
session = client.post("/v1/sessions", json={"persistent": True}).raise_for_status().json()["id"]
task = {"message": "Write a 6-page report on tidal power to tides.md"}
with client.stream("POST", f"/v1/sessions/{session}/messages", json=task) as stream:
    stream.raise_for_status()
    print("started as", stream.headers["X-Response-Id"])
# The connection is closed by now. The agent goes on.
while (record := client.get(f"/v1/sessions/{session}").raise_for_status().json())["busy"]:
    print("working:", record["metadata"])
    time.sleep(0.5)
report = client.get(f"/v1/sessions/{session}/files/tides.md").raise_for_status()
Path("tides.md").write_bytes(report.content)
print(f"tides.md: {len(report.content)} bytes")
client.delete(f"/v1/sessions/{session}").raise_for_status()
