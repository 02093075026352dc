"""Functions and forms of any schema, as `schemas.json` has them: the arguments of each, and an answer in its form."""

import json
from pathlib import Path
from typing import Any

from openai import OpenAI

schemas: dict[str, Any] = json.loads(Path(__file__).with_name("schemas.json").read_text())
tools: list[Any] = [
    {"type": "function", "name": name, "description": f"Takes {name}.", "parameters": schema, "strict": True}
    for name, schema in schemas.items()
]

with OpenAI() as client:
    for name, schema in schemas.items():
        choice: Any = {"type": "function", "name": name}
        called = client.responses.create(model="gpt-4.1", input="Go to quay-7.", tools=tools, tool_choice=choice)
        (call,) = [item for item in called.output if item.type == "function_call"]
        output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": f"went to {name}"}]
        told = client.responses.create(model="gpt-4.1", input=output, tools=tools, previous_response_id=called.id)
        form: Any = {"format": {"type": "json_schema", "name": name, "schema": schema, "strict": True}}
        answer = client.responses.create(model="gpt-4.1", input="Go to quay-7.", text=form)
        said = {
            "called": call.name,
            "arguments": call.arguments,
            "told": told.output_text,
            "answer": answer.output_text,
        }
        print(json.dumps({"name": name, **said}))
