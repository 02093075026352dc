"""A conversation in the ways that an agent can have one: by the last response's id, by itself, and sent back whole."""

# These words are drawn: ferry tide
import asyncio

from agents import Agent, Runner, SQLiteSession, function_tool


@function_tool
def ferry() -> str:
    return "the ferry leaves at 08:15"


agent = Agent(name="Clerk", instructions="Answer.", model="gpt-5", tools=[ferry])


async def main() -> None:
    first = await Runner.run(agent, "When does the ferry leave?")
    second = await Runner.run(agent, "Say tide.", previous_response_id=first.last_response_id)
    fork = await Runner.run(agent, "Say ferry again.", previous_response_id=first.last_response_id)
    print("by id:", len({first.last_response_id, second.last_response_id, fork.last_response_id}), fork.final_output)

    itself = await Runner.run(agent, "When does the ferry leave?", auto_previous_response_id=True)
    print("by itself:", itself.final_output)
    streamed = Runner.run_streamed(agent, "And the ferry?", previous_response_id=itself.last_response_id)
    async for _ in streamed.stream_events():
        pass
    print("streamed:", streamed.final_output)

    session = SQLiteSession("peers")
    for question in ("When does the ferry leave?", "Say tide.", "And the ferry, once more?"):
        kept = await Runner.run(agent, question, session=session)
    print("kept by the client:", len(await session.get_items()), kept.final_output)


asyncio.run(main())
