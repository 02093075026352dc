"""Guardrails: one that asks a model whether the input is allowed, and one that looks at the output."""

# These words are drawn: ferry verdict
import asyncio

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    OutputGuardrailTripwireTriggered,
    RunContextWrapper,
    Runner,
    input_guardrail,
    output_guardrail,
)
from pydantic import BaseModel


class Verdict(BaseModel):
    is_about_the_ferry: bool


judge = Agent(name="Judge", instructions="Is it about the ferry?", model="gpt-4o-mini", output_type=Verdict)


@input_guardrail
async def on_topic(context: RunContextWrapper[None], _: Agent, asked: object) -> GuardrailFunctionOutput:
    result = await Runner.run(judge, asked, context=context.context)
    return GuardrailFunctionOutput(output_info=result.final_output, tripwire_triggered=True)


@output_guardrail
async def polite(_: RunContextWrapper[None], __: Agent, said: str) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=said, tripwire_triggered="ferry" in said)


async def main() -> None:
    try:
        await Runner.run(Agent(name="Clerk", model="gpt-4.1", input_guardrails=[on_topic]), "Tell of trains.")
    except InputGuardrailTripwireTriggered as tripped:
        print("input:", tripped.guardrail_result.output.output_info)
    agent = Agent(name="Clerk", model="gpt-4.1", output_guardrails=[polite])
    print("let through:", bool((await Runner.run(agent, "Tell of trains.")).final_output))
    try:
        await Runner.run(agent, "Tell of the ferry.")
    except OutputGuardrailTripwireTriggered:
        print("output: stopped")


asyncio.run(main())
