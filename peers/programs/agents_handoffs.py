"""An agent that hands a question over to another one, which has a tool; and an agent that is a tool of another."""

# These words are drawn: ferry harbour kragen bulmer
import asyncio

from agents import Agent, RunConfig, Runner, function_tool, handoff
from pydantic import BaseModel


class Reason(BaseModel):
    harbour: str


@function_tool
def next_ferry(harbour: str) -> str:
    return f"the ferry leaves {harbour} at 08:15"


async def on_handoff(_: object, reason: Reason) -> None:
    print("because of", reason.harbour)


kragen = Agent(name="Kragen", handoff_description="Knows of ships.", instructions="Use tools.", tools=[next_ferry])
bulmer = Agent(name="Bulmer", handoff_description="Knows of trains.")
front = Agent(
    name="Front desk",
    instructions="Hand over to who knows.",
    handoffs=[handoff(kragen, on_handoff=on_handoff, input_type=Reason), bulmer],
)
CONFIG = RunConfig(model="gpt-4.1")


async def main() -> None:
    result = await Runner.run(front, "Let Kragen answer this for quay-7.", run_config=CONFIG)
    print("plain:", result.last_agent.name, "|", result.final_output)
    again = await Runner.run(
        result.last_agent,
        [*result.to_input_list(), {"role": "user", "content": "And the ferry of quay-8?"}],
        run_config=CONFIG,
    )
    print("again:", again.last_agent.name, "|", again.final_output)

    streamed = Runner.run_streamed(front, "Let Bulmer answer this.", run_config=CONFIG)
    async for event in streamed.stream_events():
        if event.type == "agent_updated_stream_event":
            print("now", event.new_agent.name)
    print("streamed:", streamed.last_agent.name, bool(streamed.final_output))

    tool = kragen.as_tool(tool_name="ask_kragen", tool_description="Asks who knows of ships.")
    chief = Agent(name="Chief", tools=[tool])
    result = await Runner.run(chief, "Let Kragen tell of the ferry.", run_config=CONFIG)
    print("as a tool:", result.final_output)


asyncio.run(main())
