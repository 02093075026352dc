"""An agent of Microsoft's Agent Framework: plain, streamed, with a tool, going on by the last response, of a type."""

# These words are drawn: ferry harbour voyage
import asyncio
from typing import Annotated

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient
from pydantic import BaseModel, Field


class Voyage(BaseModel):
    """A trip."""

    harbour: str
    minutes: int


def next_ferry(harbour: Annotated[str, Field(description="Where it leaves")]) -> str:
    """Tell when the next one leaves."""
    return f"the ferry leaves {harbour} at 08:15"


client = OpenAIChatClient(model="gpt-4.1")
agent = Agent(client, "Answer in one sentence.", tools=[next_ferry])


async def main() -> None:
    plain = await agent.run("Say hello to the ferry.", tools=[], options={"tool_choice": "none"})
    print("plain:", plain.text)
    print("called:", (await agent.run("When does the ferry leave quay-7?")).text)

    streamed = agent.run("When does the ferry leave quay-7?", stream=True)
    pieces = [update.text async for update in streamed]
    print("streamed:", len(pieces) > 2, (await streamed.get_final_response()).text)

    session = agent.create_session()
    await agent.run("When does the ferry leave quay-7?", session=session)
    again = await agent.run("And the ferry of quay-8?", session=session)
    print("session:", session.service_session_id.split("_")[0], again.text)

    typed = await Agent(client).run("Plan a trip of 45 minutes.", options={"response_format": Voyage})
    print("typed:", typed.value.minutes)


asyncio.run(main())
