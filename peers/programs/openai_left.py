"""A script that is killed while it reads a stream, and reads on when it is started again, with what it has kept."""

# These words are drawn: ferry
import json
import os
import signal
import sys
from pathlib import Path

from openai import OpenAI

KEPT = Path(__file__).with_name("kept.json")
background = sys.argv[1] == "background"

with OpenAI() as client:
    if KEPT.exists():
        kept = json.loads(KEPT.read_text())
        stream = client.responses.retrieve(kept["id"], stream=True, starting_after=kept["number"])
    else:
        kept = {"id": "", "number": -1, "text": ""}
        question = "Say hello to the ferry slowly"
        stream = client.responses.create(model="gpt-4.1", input=question, background=background, stream=True)
    for event in stream:
        assert event.sequence_number == kept["number"] + 1
        kept["number"] = event.sequence_number
        if event.type == "response.created":
            kept["id"] = event.response.id
        if event.type == "response.output_text.delta":
            kept["text"] += event.delta
            KEPT.write_text(json.dumps(kept))
            if len(sys.argv) > 2 and len(kept["text"]) > 20:
                os.kill(os.getpid(), signal.SIGKILL)
    print("the same:", client.responses.retrieve(kept["id"]).output_text == kept["text"] != "")
