"""Without keys: what a browser sends for pages of other addresses is refused (decision 0019)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.kit.servers import Running, running
from walkaway_core.settings import Settings


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("keyless") / "data", Settings(rehearsal_delay=0)) as found:
        yield found


@pytest.fixture
def client(keyless: Running) -> Iterator[httpx.Client]:
    with keyless.client(None) as found:
        yield found


def sent(client: httpx.Client, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    port = str(client.base_url.port)
    return [(name, value.replace("PORT", port)) for name, value in headers]


@pytest.mark.parametrize(
    ("headers", "reads", "writes"),
    [
        ([], True, True),
        ([("Host", "localhost:PORT")], True, True),
        ([("Host", "[::1]:PORT")], True, True),
        ([("Host", "LOCALHOST:PORT"), ("Origin", "http://localhost:PORT")], True, True),
        ([("Origin", "http://127.0.0.1:PORT")], True, True),
        ([("Origin", "http://127.0.0.1:PORT"), ("Sec-Fetch-Site", "same-origin")], True, True),
        ([("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")], True, True),
        # a page of a development server, which passes requests on
        ([("Origin", "http://localhost:3000"), ("Sec-Fetch-Site", "same-origin")], True, True),
        # a page of another local address: a link of it may lead here, and it may not ask by itself
        ([("Origin", "http://localhost:3000")], False, False),
        ([("Origin", "http://127.0.0.1:3000"), ("Sec-Fetch-Site", "same-site")], False, False),
        ([("Sec-Fetch-Site", "same-site")], True, False),
        # a page of the web: a link may lead here, a picture may not be shown there
        ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], True, False),
        ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")], False, False),
        ([("Origin", "https://example.com")], False, False),
        ([("Origin", "null")], False, False),
        ([("Host", "example.com")], False, False),
        # what is no address
        ([("Host", "[::1")], False, False),
        ([("Host", "")], False, False),
        ([("Origin", "http://[::1")], False, False),
        ([("Origin", "http://[nonsense]:80")], False, False),
        ([("Origin", "")], False, False),
        ([("Origin", "http://127.0.0.1:PORT"), ("Origin", "https://example.com")], False, False),
        ([("Origin", "https://example.com"), ("Origin", "http://127.0.0.1:PORT")], False, False),
    ],
)
def test_who_may(client: httpx.Client, headers: list[tuple[str, str]], reads: bool, writes: bool) -> None:  # noqa: FBT001
    given = sent(client, headers)
    before = len(client.get("/v1/sessions").json())
    for method, path in (("GET", "/health"), ("HEAD", "/v1/sessions"), ("GET", "/docs")):
        assert client.request(method, path, headers=given).status_code == (200 if reads else 403)
    answers = [
        client.post("/v1/sessions", headers=given),
        client.post("/api/workflow/upload-run-input", files={"file_1": b"x"}, headers=given),
        client.delete("/v1/sessions?older_than=1h", headers=given),
    ]
    assert [each.status_code for each in answers] == ([201, 200, 200] if writes else [403] * 3)
    assert len(client.get("/v1/sessions").json()) == before + writes
    if not writes:
        assert answers[0].json()["error"] in ("forbidden_host", "forbidden_origin")
