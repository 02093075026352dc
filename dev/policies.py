"""Judges policy documents as AWS does (IAM user guide, policy evaluation logic)."""

import operator
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from dev.template import Stack


def allowed(documents: Iterable[Mapping[str, Any]], action: str, resource: str, **context: str) -> bool:
    """Say whether policies allow an action: some statement does, and none denies it."""
    found = False
    for statement in (statement for document in documents for statement in document["Statement"]):
        if not (_matches(statement["Action"], action) and _matches(statement["Resource"], resource)):
            continue
        if not all(_holds(kind, tests, context) for kind, tests in statement.get("Condition", {}).items()):
            continue
        if statement["Effect"] == "Deny":
            return False
        found = True
    return found


def rights(documents: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Give what policies allow: actions, each with what it may be about, as it is written there."""
    statements = [s for document in documents for s in document["Statement"] if s["Effect"] == "Allow"]
    return {(a, r) for s in statements for a in _several(s["Action"]) for r in _several(s["Resource"])}


def of_role(stack: Stack, role: str) -> list[dict[str, Any]]:
    """Give the policies of a role of the template; those that are AWS's own are left out."""
    properties = stack.resolved(role)
    managed = [arn.removesuffix(".Ref") for arn in properties.get("ManagedPolicyArns", ()) if arn.endswith(".Ref")]
    inline = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
    return inline + [stack.resolved(name)["PolicyDocument"] for name in managed]


def _several(one: str | list[str]) -> list[str]:
    return [one] if isinstance(one, str) else one


def _matches(patterns: str | list[str], value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in _several(patterns))


def _holds(kind: str, tests: Mapping[str, str], context: Mapping[str, str]) -> bool:
    if kind not in ("ArnEquals", "StringEquals"):
        raise ValueError(f"{kind} is not judged here")
    same = fnmatchcase if kind == "ArnEquals" else operator.eq
    return all(key in context and same(context[key], wanted) for key, wanted in tests.items())
