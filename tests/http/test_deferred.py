"""FastAPI's models of OpenAPI documents are built when a document is asked for; pydantic's old ones are not loaded."""

import subprocess
import sys

import pytest

BUILT = """
import sys
from fastapi.openapi import models
from pydantic import BaseModel
class Ours(BaseModel):
    a: int
assert "defer_build" not in BaseModel.model_config
assert Ours.__pydantic_complete__ and Ours(a=1).a == 1
assert not models.OpenAPI.__pydantic_complete__
info = models.Info(title="t", version="1")
assert models.OpenAPI(openapi="3.1.0", info=info, paths={}).model_dump(exclude_none=True)["info"] == {
    "title": "t", "version": "1"
}
def post(ours: Ours) -> Ours:
    return ours
app = __import__("fastapi").FastAPI()
app.post("/")(post)
assert app.openapi()["paths"]
assert "pydantic.v1" not in sys.modules
"""
WAYS = {
    "by itself": "import walkaway_core.http.deferred",
    "in the API's function": "import functions.api.app",
    "in the streams' function": "import functions.stream.app",
    "behind the server's command": """
import sys
import walkaway_local.commands.serve
assert "fastapi" not in sys.modules
import walkaway_core.http.deferred, walkaway_local.stack, walkaway_core.http.app
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_only_fastapis_own_models_are_put_off(way: str) -> None:
    done = subprocess.run([sys.executable, "-c", WAYS[way] + BUILT], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
