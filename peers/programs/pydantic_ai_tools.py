"""Tools of Pydantic AI's: side by side, with dependencies, a model to fill in, and one that asks to try again."""

# These words are drawn: ferry harbour tide water
import asyncio
from dataclasses import dataclass
from typing import Literal  # noqa: F401 - drawn fields may use it

from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry, RunContext
from pydantic_ai.models.openai import OpenAIResponsesModel


@dataclass
class Clock:
    time: str


class Water(BaseModel):
    harbour: str
    # fields


agent = Agent(OpenAIResponsesModel("gpt-4.1"), deps_type=Clock, retries=2)
tries: list[str] = []


@agent.tool
async def next_ferry(context: RunContext[Clock], harbour: str, passengers: int = 1) -> str:
    """Tell when the next one leaves."""
    return f"the ferry leaves {harbour} at {context.deps.time}, {passengers} aboard"


@agent.tool_plain
def get_tide(water: Water) -> dict[str, str]:
    """Tell how high the water is."""
    return {"tide": "high", "at": water.harbour}


@agent.tool_plain
def stubborn(harbour: str) -> str:
    """Answer at the second time."""
    tries.append(harbour)
    if len(tries) == 1:
        raise ModelRetry("say it again")
    return "now it does"


async def main() -> None:
    question = "Look up when the ferry leaves, and how the tide is, at quay-7."
    result = await agent.run(question, deps=Clock("08:15"))
    print("run:", result.output)
    parts = [part.part_kind for message in result.all_messages() for part in message.parts]
    print(parts)

    async with agent.run_stream(question, deps=Clock("08:15")) as streamed:
        print("streamed:", await streamed.get_output() == result.output)

    async with agent.iter(question, deps=Clock("08:15")) as run:
        print([type(node).__name__ async for node in run])

    result = await agent.run("Be stubborn, 2 times.", deps=Clock("08:15"))
    print("tried:", tries, result.output)


asyncio.run(main())
