"""Bodies from outside: what is not known is refused by name, and numbers are those that JSON has."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

UNKNOWN: Final = 20
"""Unknown fields that are each a problem of their own; of more of them, one sentence tells."""
NAMED: Final = 10


class Strict(BaseModel):
    """A body from outside, or a part of one."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _not_crowded(cls, value: Any) -> Any:
        """Refuse hundreds of thousands of unknown fields at once: pydantic would make a problem of each."""
        if not isinstance(value, dict) or len(value) <= len(cls.model_fields) + UNKNOWN:
            return value
        unknown = [name for name in value if name not in cls.model_fields]
        first = ", ".join(f"`{str(name)[:50]}`" for name in unknown[:NAMED])
        raise ValueError(f"there are no fields {first}, and {len(unknown) - NAMED} more are unknown; remove them")
