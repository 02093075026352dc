"""An agent whose answer has a type: alone, streamed, and behind a tool's call."""

# These words are drawn: ferry harbour tide voyage
import asyncio
from typing import Literal  # noqa: F401 - drawn fields may use it

from agents import Agent, Runner, function_tool
from pydantic import BaseModel


class Leg(BaseModel):
    harbour: str
    minutes: int
    # fields


class Voyage(BaseModel):
    ferry: str
    first: Leg
    legs: list[Leg]
    # fields


@function_tool
def tide() -> str:
    return "the tide is high"


async def main() -> None:
    agent = Agent(name="Planner", instructions="Plan it.", model="gpt-4.1", output_type=Voyage)
    result = await Runner.run(agent, "Plan a trip of 45 minutes.")
    print("plain:", type(result.final_output).__name__, result.final_output.first.minutes)

    streamed = Runner.run_streamed(agent, "Plan a trip of 45 minutes.")
    async for _ in streamed.stream_events():
        pass
    print("streamed:", streamed.final_output == result.final_output)

    agent = Agent(name="Planner", model="gpt-4.1", output_type=list[Leg], tools=[tide])
    streamed = Runner.run_streamed(agent, "How is the tide?")
    async for event in streamed.stream_events():
        if event.type == "run_item_stream_event":
            print(event.name)
    print("behind a call:", type(streamed.final_output).__name__)


asyncio.run(main())
