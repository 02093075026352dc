"""Tools bound to LangChain's model: calls side by side, results sent back, a forced one, and calls in a stream."""

# These words are drawn: ferry harbour tide water
from typing import Literal  # noqa: F401 - drawn fields may use it

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Water(BaseModel):
    """How the tide is to be told."""

    harbour: str
    # fields


@tool
def next_ferry(harbour: str) -> str:
    """Tell when the next one leaves."""
    return f"the ferry leaves {harbour} at 08:15"


@tool
def get_tide(water: Water) -> str:
    """Tell how high the water is."""
    return f"the tide is high at {water.harbour}"


model = ChatOpenAI(model="gpt-4.1", use_responses_api=True)
tools = {each.name: each for each in (next_ferry, get_tide)}
bound = model.bind_tools([*tools.values()])
messages = [HumanMessage("When does the ferry leave, and how is the tide? It is for quay-7.")]
answer = bound.invoke(messages)
messages.append(answer)
for call in answer.tool_calls:
    messages.append(tools[call["name"]].invoke(call))
print("called:", [type(each).__name__ for each in messages], [call["name"] for call in answer.tool_calls])
print("answer:", bound.invoke(messages).text)

whole = None
for chunk in bound.stream(messages[:1]):
    whole = chunk if whole is None else whole + chunk
print("streamed:", [call["name"] for call in whole.tool_calls], whole.tool_calls[0]["args"])
sent = [messages[0], whole, *(ToolMessage(f"done {n}", tool_call_id=c["id"]) for n, c in enumerate(whole.tool_calls))]
print("sent back:", bound.invoke(sent).text)

forced = model.bind_tools([*tools.values()], tool_choice="get_tide", parallel_tool_calls=False)
print("forced:", [call["name"] for call in forced.invoke("Say hello.").tool_calls])
strict = model.bind_tools([next_ferry], strict=True, tool_choice="any")
print("strict:", [call["name"] for call in strict.invoke("Say hello.").tool_calls])
