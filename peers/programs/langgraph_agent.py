"""An agent of LangGraph's: its tools, its steps as they come, a memory between questions, and an answer of a type."""

# These words are drawn: ferry harbour tide verdict
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel


class Verdict(BaseModel):
    """What is to be done."""

    harbour: str
    minutes: int


@tool
def next_ferry(harbour: str) -> str:
    """Tell when the next one leaves."""
    return f"the ferry leaves {harbour} at 08:15"


@tool
def get_tide() -> str:
    """Tell how high the water is."""
    return "the tide is high"


model = ChatOpenAI(model="gpt-4.1", use_responses_api=True)
agent = create_agent(model, [next_ferry, get_tide], system_prompt="Use tools.", checkpointer=InMemorySaver())
config = {"configurable": {"thread_id": "one"}}


def asked(question: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": question}]}


state = agent.invoke(asked("When does the ferry leave quay-7, and how is the tide?"), config)
print([each.type for each in state["messages"]], state["messages"][-1].text)
steps = [*agent.stream(asked("And the ferry of quay-8?"), config, stream_mode="updates")]
print([next(iter(step)) for step in steps])
pieces = [piece.text for piece, _ in agent.stream(asked("Say hello."), config, stream_mode="messages")]
print(len(pieces) > 2, "".join(pieces))

typed = create_agent(model, [next_ferry], response_format=Verdict)
print(repr(typed.invoke(asked("I have 45 minutes. When does the ferry leave quay-7?"))["structured_response"]))
