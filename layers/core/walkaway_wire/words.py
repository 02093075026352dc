"""What does not fit, said in the words of JSON: who sends an object or a list knows nothing of dictionaries."""

from collections.abc import Mapping
from typing import Any, Final

OBJECT: Final = "must be an object"
LIST: Final = "must be a list"
NUMBER: Final = "must be a number"
WHOLE: Final = "must be a whole number"
CHOICE: Final = "must be true or false"

SAYS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dict_type": OBJECT,
    "list_type": LIST,
    "too_long": "must have {max_length} entries at the most",
    "too_short": "must have {min_length} entries at the least",
    "string_type": "must be text",
    "string_unicode": "must be text, of whole characters",
    "string_too_long": "must have {max_length} characters at the most",
    "string_too_short": "must have {min_length} characters at the least",
    "string_pattern_mismatch": "must fit the pattern {pattern}",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "must have a {discriminator} of these: {expected_tags}",
    "union_tag_not_found": "has no {discriminator}",
    "none_required": "must be null",
    "bool_type": CHOICE,
    "bool_parsing": CHOICE,
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "int_parsing_size": "has more digits than any number here",
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
}
"""What pydantic calls a problem (pydantic, validation errors), and how a sentence about the value goes on."""
OF_ONE: Final = (("characters", "character"), ("entries", "entry"))
BY_HAND: Final = ("Value error, ", "Assertion failed, ")
"""What pydantic puts before the sentences of our own validators."""


def says(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, going on from its name: `must be a list`. `problem` is one of pydantic's."""
    context = problem.get("ctx") or {}
    if known := SAYS.get(problem["type"]):
        told = known.format(**{name: _plain(value) for name, value in context.items()})
        for many, one in OF_ONE:
            told = told.replace(f" 1 {many} ", f" 1 {one} ")
        return told
    text: str = problem["msg"]
    for words in BY_HAND:
        text = text.removeprefix(words)
    return text


def _plain(value: Any) -> Any:
    return value.replace("'", '"') if isinstance(value, str) else value
