"""What a session is told: metadata that cannot fit is refused before anybody copies it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from walkaway_core.log.metadata import METADATA_BYTES
from walkaway_wire.resources import METADATA_VALUES, SessionChange, SessionCreate

SHAPES: dict[str, Any] = {
    "names": {f"n{number}": 1 for number in range(METADATA_VALUES + 1)},
    "names below a name": {"a": {"b": {f"n{number}": 1 for number in range(METADATA_VALUES)}}},
    "a list": {"a": [1] * METADATA_VALUES},
    "lists": {f"n{number}": [[]] * 100 for number in range(100)},
}


@pytest.mark.parametrize("model", [SessionCreate, SessionChange])
@pytest.mark.parametrize("shape", SHAPES)
def test_more_values_than_fit_are_refused(model: type[SessionCreate | SessionChange], shape: str) -> None:
    with pytest.raises(ValidationError, match=f"holds more than {METADATA_VALUES} values"):
        model.model_validate({"metadata": SHAPES[shape]})


def test_nothing_that_fits_is_refused() -> None:
    most = {"": [1] * ((METADATA_BYTES - len('{"":[]}') + 1) // 2)}
    assert len(json.dumps(most, separators=(",", ":"))) in (METADATA_BYTES, METADATA_BYTES - 1)
    assert SessionCreate.model_validate({"metadata": most}).metadata == most
