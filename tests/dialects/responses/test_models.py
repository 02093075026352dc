"""Models by OpenAI's own client: what is listed, what is read, and what a response can be asked for by."""

from pathlib import Path

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.dialects.responses.conftest import client_of
from tests.kit.servers import KEYS, running
from walkaway_core.settings import Settings


def test_the_offline_model_has_the_names_that_programs_know(openai: OpenAI) -> None:
    listed = openai.models.list().data
    assert [(model.id, model.owned_by) for model in listed] == [("rehearsal", "walkaway")]
    for name in ("rehearsal", "gpt-5", "o3-mini", "claude-sonnet-5-5"):
        model = openai.models.retrieve(name)
        assert (model.id, model.object, model.owned_by) == (name, "model", "walkaway")
        assert model.created == listed[0].created


@pytest.mark.parametrize("name", ["llama-3", "a/b c?d", "é"])
def test_a_name_that_is_nobodys_is_told_as_clients_know_it(openai: OpenAI, name: str) -> None:
    with pytest.raises(NotFoundError) as unknown:
        openai.models.retrieve(name)
    with pytest.raises(BadRequestError) as refused:
        openai.responses.create(model=name, input="Say hello")
    for error in (unknown.value, refused.value):
        assert (error.code, error.param, error.type) == ("model_not_found", "model", "invalid_request_error")
        assert repr(name) in error.message


def test_other_names_are_listed_and_a_response_shows_the_one_that_was_asked_for(tmp_path: Path) -> None:
    table = {"fast": "rehearsal", "my/own": "claude-sonnet-5-5", "llama-*": "rehearsal"}
    settings = Settings(keys=KEYS, rehearsal_delay=0, model_aliases=table)
    with running(tmp_path / "data", settings) as server, client_of(server) as openai:
        assert [model.id for model in openai.models.list()] == ["rehearsal", "fast", "my/own"]
        for name in ("fast", "my/own", "llama-3"):
            assert openai.models.retrieve(name).id == name
            made = openai.responses.create(model=name, input="Say hello")
            assert (made.model, made.status) == (name, "completed")
