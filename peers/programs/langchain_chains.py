"""A conversation that LangChain's model goes on with by the last response's id."""

# These words are drawn: ferry
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def ferry() -> str:
    """Tell when it leaves."""
    return "the ferry leaves at 08:15"


model = ChatOpenAI(model="gpt-4.1", use_responses_api=True, use_previous_response_id=True).bind_tools([ferry])
messages = [HumanMessage("When does the ferry leave?")]
for question in ("", "And the ferry, once more?"):
    messages += [HumanMessage(question)] if question else []
    while (answer := model.invoke(messages)).tool_calls:
        messages += [answer, *(ferry.invoke(call) for call in answer.tool_calls)]
    messages.append(answer)
    print(answer.text)

ids = [each.response_metadata["id"] for each in messages if each.type == "ai"]
print("responses:", len(set(ids)), all(id_.startswith("resp_") for id_ in ids))
by_hand = ChatOpenAI(model="gpt-4.1", use_responses_api=True)
print("by hand:", by_hand.invoke("Say hello.", previous_response_id=ids[-1]).text)
