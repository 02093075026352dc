"""A stack with a domain of its own, for pages of another origin: links lead back, and every answer is shown."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import boto3
import httpx
import pytest

from dev.gateway import routes
from tests.kit import runs, sse
from tests.kit.servers import PATIENCE
from tests.kit.shapes import Deployed, deployed
from walkaway_core.http.chooser import VARIABLE

NAME, PAGE = "agents.example.com", "https://app.example.com"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"
ORIGIN = "access-control-allow-origin"
DOMAIN = {"DomainName": NAME, "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/c"}


@pytest.fixture(scope="module")
def shape() -> Iterator[Deployed]:
    origins = f"http://localhost:3000,{PAGE}"
    with deployed("", parameters={"AllowOrigin": origins, "KmsKey": KEY, **DOMAIN}) as found:
        yield found


@pytest.fixture(params=["by its own name", "by the stage"])
def client(shape: Deployed, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with shape.client() as found:
        found.headers["Origin"] = PAGE
        if request.param == "by its own name":
            found.base_url = httpx.URL(shape.gateway)
            found.headers["Host"] = NAME
        yield found


def base(client: httpx.Client) -> str:
    """Where whoever calls believes that the API is."""
    host = client.headers.get("Host", client.base_url.netloc.decode())
    return f"http://{host}{client.base_url.path.rstrip('/')}"


def followed(client: httpx.Client, link: str) -> httpx.Response:
    """Follow a link to where it leads, past the resolver."""
    assert link.startswith(f"{base(client)}/"), link
    parts = urlsplit(link)
    answer = client.get(f"{parts.path}?{parts.query}".removeprefix(client.base_url.path.rstrip("/")))
    assert answer.status_code == 200, (link, answer.text)
    return answer


def test_links_lead_back_to_where_the_request_came_from(client: httpx.Client) -> None:
    session, _ = sse.new(client, persistent=True), sse.new(client)
    later = {"Prefer": "respond-async"}
    sent = client.post(f"/v1/sessions/{session}/messages", json={"message": "Go"}, headers=later)
    assert sent.json()["events_url"] == sent.headers["Location"]
    assert sse.read(followed(client, sent.headers["Location"]))[-1].event == "message.completed"
    assert followed(client, client.get("/v1/sessions?limit=1").links["next"]["url"]).json() is not None
    job = runs.submit(client)
    followed(client, job["poll_url"])
    followed(client, job["stream_url"])
    about = client.get("/").json()
    followed(client, about["docs"])
    assert followed(client, about["openapi"]).json()["info"]["title"]
    script = client.get("/docs").text.partition('<script src="')[2].partition('"')[0]
    followed(client, urljoin(f"{base(client)}/docs", script))


def test_an_address_with_the_stage_is_none_of_the_name(shape: Deployed) -> None:
    for path, status in (("/health", 200), ("/prod/health", 404)):
        assert httpx.get(f"{shape.gateway}{path}", headers={"Host": NAME}, timeout=PATIENCE).status_code == status


def test_browsers_may_ask_first_at_every_address(client: httpx.Client, shape: Deployed) -> None:
    headers = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "x-api-key"}
    del client.headers["X-API-Key"]
    found = {route.path for route in routes(shape.deployment.applied.stack)}
    assert len(found) > 40
    for path in found:
        answer = client.options(VARIABLE.sub("x", path), headers=headers)
        assert (answer.status_code, answer.headers[ORIGIN]) == (200, PAGE), path
        assert answer.headers["access-control-allow-headers"] == "x-api-key"


def test_answers_are_shown_to_the_page_those_of_the_gateway_included(client: httpx.Client, shape: Deployed) -> None:
    session = sse.new(client, persistent=True)
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": "Go"}) as answer:
        assert answer.headers[ORIGIN] == PAGE
        assert sse.read(answer)[-1].event == "message.completed"
    for path, status in (
        (f"/v1/sessions/{session}", 200),
        ("/v1/sessions/x", 404),
        (f"/v1/sessions/{session}/messages", 200),
    ):
        found = client.get(path)
        assert (found.status_code, found.headers[ORIGIN]) == (status, PAGE)
    nowhere = client.get("/v1/nothing")
    assert (nowhere.status_code, nowhere.headers[ORIGIN]) == (404, "*")
    other = client.get(f"/v1/sessions/{session}", headers={"Origin": "https://example.com"})
    assert ORIGIN not in other.headers
    rule = boto3.client("s3").get_bucket_cors(Bucket=shape.deployment.applied.ref("Bucket"))["CORSRules"][0]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"]), (
        "a large file's address is there"
    )
