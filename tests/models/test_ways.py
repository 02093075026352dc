"""Which way a model call takes, by the variables that name proxies."""

import pytest
from httpx2 import URL

from tests.kit.messages_api import MessagesApi
from tests.kit.servers import free_port
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.models.ways import proxy_of
from walkaway_core.ports.model import ModelFailed, ModelRequest
from walkaway_core.settings import Settings

HERE = "http://proxy.example:3128"
SOCKS = "socks5://127.0.0.1:1"
HELLO = [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://api.example", None),
        ({"HTTPS_PROXY": HERE}, "https://api.example", HERE),
        ({"https_proxy": f"{HERE}\n"}, "https://api.example", HERE),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "https://api.example", HERE),
        ({"HTTP_PROXY": HERE}, "https://api.example", None),
        ({"ALL_PROXY": SOCKS}, "https://api.example", SOCKS),
        ({"ALL_PROXY": SOCKS, "HTTPS_PROXY": HERE}, "https://api.example", HERE),
        ({"ALL_PROXY": SOCKS, "NO_PROXY": "api.example"}, "https://api.example", None),
        ({"ALL_PROXY": SOCKS, "NO_PROXY": "other, .example"}, "https://api.example", None),
        ({"ALL_PROXY": SOCKS, "NO_PROXY": "*"}, "https://api.example", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "127.0.0.1,[::1]"}, "http://127.0.0.1:8080", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "127.0.0.1,[::1]"}, "http://[::1]:8080", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "::1"}, "http://[::1]:8080", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "[::1]:8080"}, "http://[::1]:8080", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "localhost:8080"}, "http://localhost:8080", None),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "localhost:80"}, "http://localhost:8080", HERE),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "[::1"}, "http://127.0.0.1:8080", HERE),
    ],
)
def test_the_proxy_of_an_address(
    environ: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(URL(url)) == proxy


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": SOCKS, "NO_PROXY": "127.0.0.1"},
        {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1,[::1]"},
        {"HTTPS_PROXY": "http://x:port"},
    ],
)
def test_what_another_address_would_need_does_not_matter(
    environ: dict[str, str], model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    port = AnthropicModel(Settings(base_url=model.url))
    assert port.problem() is None
    list(port.call(ModelRequest("claude-x", "You are helpful.", HELLO, [], 100)).events())
    port.close()


def test_a_proxy_that_is_named_is_asked(model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    port = AnthropicModel(Settings(base_url=model.url))
    with pytest.raises(ModelFailed):
        list(port.call(ModelRequest("claude-x", "You are helpful.", HELLO, [], 100)).events())
    port.close()
    assert not model.requests


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"ALL_PROXY": SOCKS}, "SOCKS"),
        ({"HTTP_PROXY": "carrier-pigeon://coop"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://x:port"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "256.256.256.256:3128"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://user:w#rd@-proxy:3128"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://proxy.example:0"}, "HTTP_PROXY"),
        ({"ALL_PROXY": "socks5://xn--:1080"}, "HTTP_PROXY"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE"),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE"),
    ],
)
def test_what_keeps_every_call_from_being_sent_is_told(
    environ: dict[str, str], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert word in str(AnthropicModel(Settings(base_url="http://127.0.0.1:9")).problem())
    assert AnthropicModel(Settings()).problem() is None
