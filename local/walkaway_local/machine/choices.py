"""The rules of a Choice state. An operator that is not in the table is refused when the file is loaded."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from walkaway_local.machine import paths
from walkaway_local.machine.waits import timestamp

Rule = Mapping[str, Any]
Compare = Callable[[Any, Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(compare: Compare) -> Compare:
    return lambda value, wanted: isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)


def _number(compare: Compare) -> Compare:
    return lambda value, wanted: _is_number(value) and _is_number(wanted) and compare(value, wanted)


def _time(compare: Compare) -> Compare:
    def judge(value: Any, wanted: Any) -> bool:
        one, two = timestamp(value), timestamp(wanted)
        return one is not None and two is not None and compare(one, two)

    return judge


def _matches(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern, in which a star stands for anything, and one behind a backslash for itself."""
    parts = re.findall(r"\\(.)|(\*)|([^*\\]+)", pattern)
    form = "".join(".*" if star else re.escape(escaped or plain) for escaped, star, plain in parts)
    return re.fullmatch(form, text, re.DOTALL) is not None


ORDERS: Mapping[str, Compare] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
COMPARED: Mapping[str, Compare] = {
    **{f"String{name}": _text(order) for name, order in ORDERS.items()},
    **{f"Numeric{name}": _number(order) for name, order in ORDERS.items()},
    **{f"Timestamp{name}": _time(order) for name, order in ORDERS.items()},
    "BooleanEquals": lambda value, wanted: isinstance(value, bool) and value is wanted,
}
"""Comparisons with a value, or, with `Path` behind the name, with what a path leads to."""

OPERATORS: Mapping[str, Compare] = {
    **COMPARED,
    "StringMatches": _text(_matches),
    "IsNull": lambda value, wanted: (value is None) is wanted,
    "IsString": lambda value, wanted: isinstance(value, str) is wanted,
    "IsNumeric": lambda value, wanted: _is_number(value) is wanted,
    "IsBoolean": lambda value, wanted: isinstance(value, bool) is wanted,
    "IsTimestamp": lambda value, wanted: (timestamp(value) is not None) is wanted,
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
    elif kind.removesuffix("Path") in COMPARED:
        paths.parse(rule["Variable"])
        paths.parse(rule[kind])
    else:
        raise ValueError(f"the choice operator {kind} is not carried out")


def holds(rule: Rule, data: Any, context: Mapping[str, Any]) -> bool:
    """Judge a rule. Raises paths.Missing when its variable, or what it is compared with, is not there."""
    if "And" in rule:
        return all(holds(part, data, context) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, data, context) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, context)
    if "IsPresent" in rule:
        return _present(rule["Variable"], data, context) is rule["IsPresent"]
    value = paths.find(rule["Variable"], data, context)
    name, wanted = next((name, wanted) for name, wanted in rule.items() if name not in ("Variable", "Next", "Comment"))
    if name in OPERATORS:
        return OPERATORS[name](value, wanted)
    return COMPARED[name.removesuffix("Path")](value, paths.find(wanted, data, context))


def _present(path: str, data: Any, context: Mapping[str, Any]) -> bool:
    try:
        paths.find(path, data, context)
    except paths.Missing:
        return False
    return True
