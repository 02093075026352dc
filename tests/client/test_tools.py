"""Functions as tools: what the model is told of them, and what they cannot be."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel

import walkaway
from walkaway import Call, Deny, Tool, ToolError, tool, tools
from walkaway.errors import SettingInvalid, ToolInvalid
from walkaway_wire.tools import FunctionTool


class Place(BaseModel):
    title: str
    floor: int = 0


@tool
def everything(
    call: Call,
    sku: str,
    count: Annotated[int, "how many at least"],
    places: list[Place],
    day: date | None = None,
    json: Literal["HAM", "ROT"] = "HAM",
) -> str:
    """Look it up
    in the books.

    Not told: this paragraph.

    sku: article number,
        such as A-4711
    count: overruled by the annotation
    nobody: is no argument
    """
    return f"{call.call_id} {sku} {count} {places} {day} {json}"


def test_signature_and_docstring_are_the_definition() -> None:
    definition = everything.definition
    FunctionTool.model_validate(definition)
    assert definition["name"] == "everything"
    assert definition["description"] == "Look it up in the books."
    schema = definition["parameters"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["sku", "count", "places"]
    described = {name: each.get("description") for name, each in schema["properties"].items()}
    assert described == {
        "sku": "article number, such as A-4711",
        "count": "how many at least",
        "places": None,
        "day": None,
        "json": None,
    }
    assert schema["properties"]["json"]["enum"] == ["HAM", "ROT"]
    assert schema["$defs"]["Place"]["properties"]["title"] == {"type": "string"}  # a name, no title of pydantic's


def test_arguments_come_in_the_types_of_the_function() -> None:
    given = {"sku": "A", "count": 2, "places": [{"title": "here"}], "day": "2026-11-29"}
    said = everything.bound(Call("t1", "everything", given))()
    assert said == "t1 A 2 [Place(title='here', floor=0)] 2026-11-29 HAM"


def test_what_does_not_fit_is_said_in_words_for_the_model() -> None:
    given = {"sku": 5, "places": [{}], "json": "BER", "colour": "red"}
    with pytest.raises(ToolError) as caught:
        everything.bound(Call("t1", "everything", given))
    assert str(caught.value) == (
        '`sku` must be text; `count` is missing; `places.0.title` is missing; `json` must be "HAM" or "ROT"; '
        "`colour` is not known"
    )


def no_docstring(sku: str) -> None: ...


def no_annotation(sku) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - that is the case
    """Do."""


def many(*skus: str) -> None:
    """Do."""


def of_any_name(**skus: str) -> None:
    """Do."""


def no_json(sku: Callable[[], object], other: re.Pattern[bytes]) -> None:
    """Do."""


def unknown(sku: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821 - that is the case
    """Do."""


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (no_docstring, "no_docstring has no docstring; its first paragraph tells the model what it does"),
        (no_annotation, "does not say what `sku` is; annotate it: `sku: str`"),
        (many, "a model names each argument"),
        (of_any_name, "a model names each argument"),
        (no_json, "JSON has no words for a parameter of no_json"),
        (unknown, "the annotations of unknown cannot be read"),
        (lambda: None, "is no name of a tool"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused_with_its_line(function: Any, why: str) -> None:
    with pytest.raises(ToolInvalid, match=re.escape(why)) as caught:
        tool(function)
    assert f"{__file__}:{function.__code__.co_firstlineno}: " in str(caught.value)


class Stock:
    """Has methods, of which those of an object can be tools."""

    kept = 7

    def count(self, sku: str) -> int:
        """Count.

        sku: article number
        """
        return self.kept + len(sku)

    async def asked(self, call: Call, sku: str) -> str:
        """Ask."""
        return f"{call.call_id} {sku}"

    @classmethod
    def of_class(cls, sku: str) -> int:
        """Count."""
        return cls.kept

    @staticmethod
    def of_nobody(sku: str) -> str:
        """Tell."""
        return sku


@pytest.mark.parametrize("function", [Stock.count, vars(Stock)["of_class"], vars(Stock)["of_class"].__func__])
def test_a_method_without_its_object_is_refused_and_the_way_is_told(function: Any) -> None:
    with pytest.raises(ToolInvalid, match=r"test_tools\.py:\d+: (count|of_class) is .* tool\(object\.method\)"):
        tool(function)


def test_what_is_nothing_to_call_is_no_tool() -> None:
    with pytest.raises(ToolInvalid, match="7 is no function"):
        tool(7)  # type: ignore[call-overload]


async def test_the_method_of_an_object_is_a_tool() -> None:
    stock = Stock()
    stock.kept = 40
    count, asked = tool(stock.count), tool(stock.asked)
    assert count.definition["parameters"]["properties"] == {"sku": {"type": "string", "description": "article number"}}
    assert count.bound(Call("t", "count", {"sku": "AB"}))() == 42
    assert asked.is_async
    assert await asked.bound(Call("t", "asked", {"sku": "AB"}))() == "t AB"
    assert tool(Stock.of_class)("AB") == 7
    assert tool(vars(Stock)["of_nobody"])("AB") == "AB"


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ToolInvalid, match="Two tools have the name everything"):
        tools.gathered([everything, everything])


@pytest.mark.parametrize("given", ["everything", everything, {"type": "function", "name": "other"}, 7])
def test_what_is_no_list_of_tools_is_refused(given: Any) -> None:
    with pytest.raises(SettingInvalid, match=r"^tools= takes a list: tools=\["):
        tools.gathered(given)


def test_plain_functions_and_definitions_are_taken_too() -> None:
    def plain(sku: str) -> str:
        """Tell."""
        return sku

    own, told = tools.gathered([plain, {"type": "function", "name": "other"}])
    assert [each["name"] for each in told] == ["plain", "other"]
    assert list(own) == ["plain"]


def test_a_tool_stays_a_function() -> None:
    assert isinstance(everything, Tool)
    assert everything(Call("t", "x"), "A", 1, [], None, "ROT") == "t A 1 [] None ROT"


@dataclass
class Found:
    day: date


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("text", "text"),
        (None, ""),
        (7, 7),
        ({"a": [date(2026, 11, 29)]}, {"a": ["2026-11-29"]}),
        (Found(date(2026, 11, 29)), {"day": "2026-11-29"}),
        (Place(title="here"), {"title": "here", "floor": 0}),
    ],
)
def test_text_is_told_as_it_is_and_the_rest_as_json(value: object, output: object) -> None:
    assert tools.answered(Call("t1", "x"), value) == {"call_id": "t1", "output": output}


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}, object(), [object()]])
def test_what_is_no_json_is_told_as_an_error(value: object) -> None:
    said = tools.answered(Call("t1", "x"), value)
    assert said["is_error"]
    assert said["output"].startswith("TypeError: x returned what is no JSON")


def test_a_verdict_is_a_yes_or_a_no_with_its_reason() -> None:
    call = Call("t1", "x")
    assert tools.judged(call, verdict=True) == {"call_id": "t1", "approve": True}
    assert tools.judged(call, verdict=False) == {"call_id": "t1", "approve": False}
    assert tools.judged(call, Deny("no")) == {"call_id": "t1", "approve": False, "reason": "no"}


def test_what_the_package_gives_is_listed_in_order() -> None:
    assert walkaway.__all__ == sorted(walkaway.__all__)
    for name in walkaway.__all__:
        assert getattr(walkaway, name)
    with pytest.raises(AttributeError, match="no attribute 'Sidewalk'"):
        _ = walkaway.Sidewalk
