"""What an agent says of its tools' choice: a forced one, one at a time, none, and what its tool says ends the run."""

# These words are drawn: ferry tide
from agents import Agent, ModelSettings, Runner, function_tool


@function_tool
def ferry() -> str:
    return "the ferry leaves at 08:15"


@function_tool
def tide() -> str:
    return "the tide is high"


def asked(question: str, **settings: object) -> None:
    agent = Agent(name="Clerk", model="gpt-4.1", tools=[ferry, tide], model_settings=ModelSettings(**settings))
    result = Runner.run_sync(agent, question)
    print([item.raw_item.name for item in result.new_items if item.type == "tool_call_item"], result.final_output)


asked("Say hello.", tool_choice="required")
asked("Say hello.", tool_choice="tide")
asked("What of the ferry?", tool_choice="none")
asked("What of the ferry and the tide?", parallel_tool_calls=False)
stops = Agent(name="Clerk", model="gpt-4.1", tools=[ferry], tool_use_behavior="stop_on_first_tool")
print(Runner.run_sync(stops, "What of the ferry?").final_output)
