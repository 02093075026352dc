"""Models by the SDK: listed both ways, and read by every name that they have."""

from typing import Any

import anthropic
import pytest


def test_models_are_listed(sdk: Any) -> None:
    names = [each.id for each in sdk.models.list(limit=1)]
    assert "rehearsal" in names
    assert names == [each.id for each in sdk.models.list()]
    if len(names) > 1:
        assert [each.id for each in sdk.models.list(before_id=names[1])] == names[:1]


def test_a_model_is_read_by_the_names_that_programs_use(sdk: Any) -> None:
    model = sdk.models.retrieve("claude-sonnet-5")
    assert (model.id, model.type, model.lifecycle) == ("claude-sonnet-5", "model", "active")
    assert model.created_at.year > 2000


def test_other_names_are_none(sdk: Any) -> None:
    with pytest.raises(anthropic.NotFoundError, match="no model nobodys"):
        sdk.models.retrieve("nobodys")
    with pytest.raises(anthropic.BadRequestError, match="after_id"):
        sdk.models.list(after_id="nobodys")
    with pytest.raises(anthropic.BadRequestError, match="lifecycle"):
        sdk.models.list(extra_query={"lifecycle": "odd"})
