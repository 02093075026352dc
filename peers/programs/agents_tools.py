"""Two tools of an agent's, called side by side, one of them with a model of many fields; plainly and streamed."""

# These words are drawn: ferry harbour tide
import asyncio
from typing import Literal  # noqa: F401 - drawn fields may use it

from agents import Agent, ModelSettings, Runner, function_tool
from pydantic import BaseModel

called: list[str] = []


class Water(BaseModel):
    harbour: str
    # fields


@function_tool
def next_ferry(harbour: str, passengers: int = 1) -> str:
    """Tell when the next one leaves."""
    called.append(f"1 ferry {harbour} {passengers}")
    return f"the ferry leaves {harbour} at 08:15"


@function_tool
async def get_tide(water: Water) -> str:
    """Tell how high the water is."""
    called.append(f"2 tide {water!r}")
    return f"the tide is {len(water.model_dump())} feet"


agent = Agent(
    name="Harbour master",
    instructions="Use your tools.",
    tools=[next_ferry, get_tide],
    model="gpt-4.1",
    model_settings=ModelSettings(parallel_tool_calls=True),
)
QUESTION = "When does the ferry leave, and how is the tide? It is for harbour-7."


async def main() -> None:
    result = await Runner.run(agent, QUESTION)
    print(sorted(called), [item.type for item in result.new_items])
    print("plain:", result.final_output)

    streamed = Runner.run_streamed(agent, QUESTION)
    names = [event.name async for event in streamed.stream_events() if event.type == "run_item_stream_event"]
    print(names)
    print("streamed:", streamed.final_output == result.final_output)


asyncio.run(main())
