"""The pages for people, on both shapes: they need nothing from the internet, and lead to what is served."""

import gzip
from importlib.resources import files

import httpx
import pytest

from tests.kit import linked
from tests.kit.servers import PATIENCE
from tests.kit.shapes import Shape
from walkaway_core.http import docs
from walkaway_wire import VERSION


def test_the_docs_are_whole_without_the_internet(shape: Shape) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        for path in ("/docs", "/docs?api=native"):
            page = client.get(f"{shape.url}{path}")
            found = linked.check(client, page, shape.url)
            assert sorted(found) == ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json"]
        for name in ("runs", "workflows", "responses"):
            page = client.get(f"{shape.url}/docs?api={name}")
            assert f"/openapi/{name}.json" in linked.check(client, page, shape.url)
            assert client.get(f"{shape.url}/openapi/{name}.json").json()["info"]["title"] == f"Walkaway: {name}"
        assert client.get(f"{shape.url}/docs?api=nothing").status_code == 400
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert '"validatorUrl": null' in page.text, "or a badge asks swagger.io"
        document = client.get(f"{shape.url}/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        assert "isOAS31" in client.get(f"{shape.url}/docs/swagger-ui-bundle.js").text, "a UI that knows 3.1"


@pytest.mark.parametrize("name", docs.FILES)
def test_the_files_of_the_docs_come_packed_or_not(shape: Shape, name: str) -> None:
    original = (files(docs.PACKAGE) / "static" / name).read_bytes()
    sizes = {}
    for coding in ("gzip", "identity"):
        with httpx.stream(
            "GET", f"{shape.url}/docs/{name}", headers={"Accept-Encoding": coding}, timeout=PATIENCE
        ) as answer:
            body = b"".join(answer.iter_raw())
        assert answer.headers["content-type"].startswith(docs.FILES[name])
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert (gzip.decompress(body) if coding == "gzip" else body) == original
        sizes[coding] = len(body)
    assert sizes["gzip"] < sizes["identity"] / 2
    assert sizes["identity"] * 4 / 3 < linked.ANSWER_LIMIT


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_program_at_the_front_door_gets_json(shape: Shape, accept: str) -> None:
    answer = httpx.get(f"{shape.url}/", headers={"Accept": accept}, timeout=PATIENCE)
    expected = {"name": "Walkaway", "version": VERSION}
    assert answer.json() == {**expected, "docs": f"{shape.url}/docs", "openapi": f"{shape.url}/openapi.json"}
    assert answer.headers["vary"] == "Accept"
