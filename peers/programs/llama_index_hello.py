"""LlamaIndex's model over the Responses API, with client 2 of OpenAI's: completed, streamed, with a tool."""

# These words are drawn: ferry harbour voyage
import asyncio

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAIResponses
from pydantic import BaseModel


class Voyage(BaseModel):
    """A trip."""

    harbour: str
    minutes: int


def next_ferry(harbour: str) -> str:
    """Tell when the next one leaves."""
    return f"the ferry leaves {harbour} at 08:15"


model = OpenAIResponses(model="gpt-4.1", context_window=100_000)
whole = model.complete("Say hello to the ferry.").text
print("complete:", whole)
print("streamed:", "".join(piece.delta or "" for piece in model.stream_complete("Say hello to the ferry.")) == whole)
chat = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Say hello to the ferry.")]
print("chat:", model.chat(chat).message.content == whole, asyncio.run(model.achat(chat)).message.content == whole)

tool = FunctionTool.from_defaults(next_ferry)
asked = ChatMessage(role="user", content="When does the ferry leave quay-7?")
answer = model.chat_with_tools([tool], user_msg=asked)
(call,) = model.get_tool_calls_from_response(answer)
said = tool(**call.tool_kwargs).content
results = ChatMessage(role="tool", content=said, additional_kwargs={"call_id": call.tool_id})
print(
    "tool:",
    call.tool_name,
    model.chat_with_tools([tool], chat_history=[asked, answer.message, results]).message.content,
)
typed = model.as_structured_llm(Voyage).complete("Plan a trip of 45 minutes.")
print("typed:", typed.raw.minutes)
