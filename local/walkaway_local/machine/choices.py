"""The rules of a Choice state. An operator that is not in the table is refused when the file is loaded."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from walkaway_local.machine import paths

Rule = Mapping[str, Any]
Compare = Callable[[Any, Any], bool]


def _text(compare: Compare) -> Compare:
    return lambda found, wanted: isinstance(found, str) and isinstance(wanted, str) and compare(found, wanted)


def _number(compare: Compare) -> Compare:
    return lambda found, wanted: _is_number(found) and _is_number(wanted) and compare(found, wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


OPERATORS: Mapping[str, Compare] = {
    "StringEquals": _text(operator.eq),
    "StringLessThan": _text(operator.lt),
    "StringGreaterThan": _text(operator.gt),
    "NumericEquals": _number(operator.eq),
    "NumericLessThan": _number(operator.lt),
    "NumericLessThanEquals": _number(operator.le),
    "NumericGreaterThan": _number(operator.gt),
    "NumericGreaterThanEquals": _number(operator.ge),
    "BooleanEquals": lambda found, wanted: isinstance(found, bool) and found is wanted,
    "IsNull": lambda found, wanted: (found is None) is wanted,
    "IsString": lambda found, wanted: isinstance(found, str) is wanted,
    "IsNumeric": lambda found, wanted: _is_number(found) is wanted,
    "IsBoolean": lambda found, wanted: isinstance(found, bool) is wanted,
}


def check(rule: Rule) -> None:
    """Raise ValueError for a rule that cannot be judged here."""
    kinds = sorted(set(rule) - {"Variable", "Next", "Comment"})
    if len(kinds) != 1:
        raise ValueError(f"a choice rule needs one operator, not {kinds}")
    kind = kinds[0]
    if kind in ("And", "Or"):
        for part in rule[kind]:
            check(part)
    elif kind == "Not":
        check(rule[kind])
    elif kind == "IsPresent" or kind in OPERATORS:
        paths.parse(rule["Variable"])
    else:
        raise ValueError(f"the choice operator {kind} is not carried out")


def holds(rule: Rule, data: Any, context: Mapping[str, Any]) -> bool:
    """Judge a rule. Raises paths.Missing when its variable is not there."""
    if "And" in rule:
        return all(holds(part, data, context) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, data, context) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, context)
    if "IsPresent" in rule:
        return _present(rule["Variable"], data, context) is rule["IsPresent"]
    found = paths.find(rule["Variable"], data, context)
    return next(OPERATORS[name](found, wanted) for name, wanted in rule.items() if name in OPERATORS)


def _present(path: str, data: Any, context: Mapping[str, Any]) -> bool:
    try:
        paths.find(path, data, context)
    except paths.Missing:
        return False
    return True
