"""An agent of Pydantic AI's: run, streamed, with its history sent back, and by the last response's id."""

# These words are drawn: ferry
import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings

agent = Agent(OpenAIResponsesModel("gpt-4.1"), instructions="Answer in one sentence.")
chained = Agent(
    OpenAIResponsesModel("gpt-4.1"),
    model_settings=OpenAIResponsesModelSettings(openai_previous_response_id="auto"),
)


@chained.tool_plain
def next_ferry() -> str:
    """Tell when the next one leaves."""
    return "the ferry leaves at 08:15"


async def main() -> None:
    result = await agent.run("Say hello to the ferry.")
    print("run:", result.output)
    print("used:", result.usage.total_tokens > 0)

    async with agent.run_stream("Say hello to the ferry.") as streamed:
        pieces = [piece async for piece in streamed.stream_text(delta=True, debounce_by=None)]
    print("streamed:", len(pieces) > 1, "".join(pieces) == result.output)

    again = await agent.run("Say hello to the ferry again.", message_history=result.all_messages())
    print("history:", again.output)

    first = await chained.run("When does the ferry leave?")
    second = await chained.run("And the ferry, once more?", message_history=first.all_messages())
    print("chain:", second.output, len(second.all_messages()))
    async with chained.run_stream("Say hello.", message_history=second.all_messages()) as streamed:
        print("chain, streamed:", await streamed.get_output())


asyncio.run(main())
