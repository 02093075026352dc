"""LiteLLM's own call of the Responses API: plain, streamed, with a tool, read again, and deleted."""

# These words are drawn: ferry
import os

import litellm

TOOL = {
    "type": "function",
    "name": "ferry",
    "parameters": {"type": "object", "properties": {"quay": {"type": "string"}}, "required": ["quay"]},
}
where = {"model": "openai/gpt-4.1", "api_base": os.environ["OPENAI_BASE_URL"]}
made = litellm.responses(input="Say hello to the ferry.", **where)
print("made:", made.status, made.output[0].content[0].text)
events = list(litellm.responses(input="Say hello to the ferry.", stream=True, **where))
print("streamed:", events[0].type.value, events[-1].type.value)

asked = litellm.responses(input="When does the ferry leave quay-7?", tools=[TOOL], **where)
call = asked.output[-1]
said = [{"type": "function_call_output", "call_id": call.call_id, "output": "the ferry leaves at 08:15"}]
told = litellm.responses(input=said, previous_response_id=asked.id, tools=[TOOL], **where)
print("tool:", call.name, told.output[0].content[0].text)
again = litellm.get_responses(made.id, custom_llm_provider="openai", api_base=where["api_base"])
print("again:", again.status)
print("deleted:", litellm.delete_responses(made.id, custom_llm_provider="openai", api_base=where["api_base"]).deleted)
