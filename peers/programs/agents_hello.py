"""An agent that says hello, plainly and streamed."""

# These words are drawn: ferry
import asyncio

from agents import Agent, Runner
from openai.types.responses import ResponseTextDeltaEvent

agent = Agent(name="Harbour master", instructions="Answer in one sentence.", model="gpt-4.1")


async def main() -> None:
    result = await Runner.run(agent, "Say hello to the ferry.")
    print("plain:", result.final_output)
    print("tokens:", result.context_wrapper.usage.total_tokens > 0)

    streamed = Runner.run_streamed(agent, input="Say hello to the ferry.")
    pieces = []
    async for event in streamed.stream_events():
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
            pieces.append(event.data.delta)
    print("pieces:", len(pieces) > 1, "".join(pieces) == streamed.final_output == result.final_output)


asyncio.run(main())
