"""Reads template.yaml as AWS would: the SAM transform, offline, then parameters, conditions and references."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[1]
PSEUDO: Mapping[str, str] = {
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::StackName": "walkaway",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE: Any = object()
UPLOADED = "s3://uploaded/code"


def written() -> dict[str, Any]:
    """The template as it is written, with its short intrinsic functions spelled out."""
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return template


def transformed(template: dict[str, Any] | None = None) -> dict[str, Any]:
    """The template after the SAM transform, with code and layer as if they had been uploaded."""
    template = template or written()
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        for source in ("CodeUri", "ContentUri"):
            if source in properties:
                properties[source] = UPLOADED
        if "DefinitionUri" in properties:
            properties["Definition"] = json.loads((ROOT / properties.pop("DefinitionUri")).read_text())
    os.environ.setdefault("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    result: dict[str, Any] = transform(template, {}, _NoPolicies())
    return result


@cache
def deployed() -> Mapping[str, Any]:
    """The template after the SAM transform, made once: each transform gives the API's deployment another name."""
    return transformed()


class _NoPolicies:
    """Stands for the list of AWS's managed policies, none of which the template names."""

    def load(self) -> dict[str, str]:
        return {}


@dataclass
class Stack:
    """A transformed template with parameters. `attribute` gives a resource's attribute, `Ref` among them."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=deployed)
    attribute: Callable[[str, str], Any] = lambda name, attribute: f"{name}.{attribute}"

    def __post_init__(self) -> None:
        known = self.template["Parameters"]
        given = {**{name: str(parameter["Default"]) for name, parameter in known.items()}, **self.parameters}
        lists = {name for name, parameter in known.items() if parameter["Type"] == "CommaDelimitedList"}
        self._values = {**PSEUDO, **{n: text.split(",") if n in lists else text for n, text in given.items()}}

    def resources(self, kind: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Go through the resources, of one type or all, whose conditions hold; their properties are not resolved."""
        for name, resource in self.template["Resources"].items():
            if kind in (None, resource["Type"]) and self._holds(resource.get("Condition")):
                yield name, resource

    def resolved(self, name: str) -> Any:
        """The properties of a resource, with everything in them resolved."""
        return self.resolve(self.template["Resources"][name].get("Properties", {}))

    def outputs(self) -> dict[str, str]:
        """What the stack tells."""
        told = {name: out for name, out in self.template["Outputs"].items() if self._holds(out.get("Condition"))}
        return {name: str(self.resolve(output["Value"])) for name, output in told.items()}

    def resolve(self, value: Any) -> Any:
        """Resolve intrinsic functions. Raises ValueError for one that is not known here."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or (name.startswith("Fn::") and name != "Fn::Transform"):
                return self._call(name, argument)
        resolved = {name: self.resolve(inner) for name, inner in value.items()}
        return {name: inner for name, inner in resolved.items() if inner is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Fn::GetAtt":
            resource, _, attribute = (
                argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
            )
            return self.attribute(resource, attribute)
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::Join":
            return argument[0].join(map(str, self.resolve(argument[1])))
        if name == "Fn::If":
            return self.resolve(argument[1] if self._holds(argument[0]) else argument[2])
        raise ValueError(f"{name} is not resolved here")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self._values[name] if name in self._values else self.attribute(name, "Ref")

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in given:
                return str(self.resolve(given[name]))
            resource, dot, attribute = name.partition(".")
            return str(self.attribute(resource, attribute) if dot else self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)

    def _holds(self, condition: Any) -> bool:
        if condition is None:
            return True
        if isinstance(condition, str):
            return self._holds(self.template["Conditions"][condition])
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self._holds(argument)
        if name == "Fn::Equals":
            return bool(self.resolve(argument[0]) == self.resolve(argument[1]))
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(self._holds(part) for part in argument)
        if name == "Fn::Not":
            return not self._holds(argument[0])
        raise ValueError(f"the condition {name} is not judged here")
