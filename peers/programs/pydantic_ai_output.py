"""Output types of Pydantic AI's: by a tool, by the service's own form, by a prompt, of several, and streamed."""

# These words are drawn: ferry harbour voyage tide
import asyncio
from typing import Literal  # noqa: F401 - drawn fields may use it

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIResponsesModel


class Leg(BaseModel):
    harbour: str
    minutes: int
    # fields


class Voyage(BaseModel):
    """A trip."""

    ferry: str
    legs: list[Leg]
    first: Leg
    # fields


model = OpenAIResponsesModel("gpt-4.1")
QUESTION = "Plan a trip of 45 minutes."


async def main() -> None:
    for kind, output in (
        ("tool", Voyage),
        ("named", ToolOutput(Voyage, name="plan")),
        ("native", NativeOutput(Voyage)),
    ):
        made = (await Agent(model, output_type=output).run(QUESTION)).output
        print(kind, type(made).__name__, made.first.minutes)

    async with Agent(model, output_type=NativeOutput(Voyage)).run_stream(QUESTION) as streamed:
        last = [made async for made in streamed.stream_output(debounce_by=None)][-1]
    print("streamed:", last.first.minutes)
    async with Agent(model, output_type=Voyage).run_stream(QUESTION) as streamed:
        print("streamed by a tool:", (await streamed.get_output()).first.minutes)

    agent = Agent(model, output_type=Leg)

    @agent.tool_plain
    def get_tide() -> str:
        """Tell how high the water is."""
        return "the tide is high"

    result = await agent.run("How is the tide? I have 45 minutes.")
    parts = [
        part.tool_name for message in result.all_messages() for part in message.parts if part.part_kind == "tool-call"
    ]
    print("behind a call:", parts, result.output.minutes)


asyncio.run(main())
