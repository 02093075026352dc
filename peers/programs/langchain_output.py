"""Structured output of LangChain's, by each of its methods, and streamed."""

# These words are drawn: ferry harbour voyage
from typing import Literal  # noqa: F401 - drawn fields may use it

from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


class Leg(BaseModel):
    harbour: str
    # fields


class Voyage(BaseModel):
    """A trip."""

    ferry: str = Field(description="What carries it")
    minutes: int
    legs: list[Leg]
    # fields


model = ChatOpenAI(model="gpt-4.1", use_responses_api=True)
QUESTION = "Plan a trip of 45 minutes."
for method in ("json_schema", "function_calling"):
    made = model.with_structured_output(Voyage, method=method).invoke(QUESTION)
    print(method, type(made).__name__, made.minutes)
raw = model.with_structured_output(Voyage, include_raw=True).invoke(QUESTION)
print("raw:", raw["parsed"].minutes, raw["parsing_error"], raw["raw"].id.split("_")[0])
schema = {**Leg.model_json_schema(), "title": "leg", "description": "A leg."}
print("schema:", sorted(model.with_structured_output(schema).invoke(QUESTION)) == sorted(Leg.model_fields))
*_, last = model.with_structured_output(Voyage).stream(QUESTION)
print("streamed:", last.minutes)
