"""What goes wrong besides the service's own errors, in sentences of ours: settings, connections, all the rest."""

import logging
import ssl
from collections.abc import Iterator, Sequence
from socket import gaierror

from walkaway_core.models.block import Unreadable
from walkaway_core.ports.model import ModelFailed, ModelRefused
from walkaway_core.settings import BEDROCK, Settings

PROXIES = "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
CERTIFICATES = "SSL_CERT_FILE and SSL_CERT_DIR"


def key_of(model: str, settings: Settings) -> str:
    """Say where the key of a model's service is to be looked at."""
    if model.startswith(BEDROCK):
        return "that the role may invoke the model on Bedrock"
    name = settings.api_key_parameter
    return f"the key in the SSM parameter {name}" if name else "ANTHROPIC_API_KEY"


def told(error: Exception, model: str, settings: Settings, *, answered: bool) -> ModelFailed | ModelRefused:
    """Say what an error means; one that is not of the connection or the settings is logged with its traceback."""
    if isinstance(error, Unreadable):
        return ModelFailed(f"The model service's answer cannot be read: {error}")
    wrong = "" if answered else set_wrong(error) or _key_wrong(error, key_of(model, settings))
    if wrong:
        return ModelRefused(wrong)
    if trouble := _connection(error, model, settings):
        return ModelFailed(trouble)
    logging.getLogger(__name__).error("a model call met what nobody foresaw", exc_info=error)
    if answered:
        return ModelFailed("The model service's answer cannot be read; the server's log says where")
    if isinstance(error, OSError | MemoryError):
        return ModelFailed("This machine could not send the model call; the server's log says why")
    bedrock = model.startswith(BEDROCK)
    check = "AWS_REGION and the AWS credentials" if bedrock else "ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY"
    return ModelRefused(f"The model call could not be made ready; check {check}; the server's log says more")


def set_wrong(error: Exception) -> str:
    """Say which setting keeps a call from being sent, or `""`."""
    import httpx2

    from walkaway_core.models.ways import ProxyUnusable

    for proxy in (cause for cause in _causes(error) if isinstance(cause, ProxyUnusable)):
        return f"{proxy}; check {PROXIES}, and NO_PROXY"
    if _from(error, httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        return (
            "The model service's address is none; check ANTHROPIC_BASE_URL, which is to be like http://127.0.0.1:8080"
        )
    if isinstance(error, ssl.SSLError | FileNotFoundError | PermissionError | IsADirectoryError):
        return f"The certificates to trust cannot be read; check {CERTIFICATES}"
    if isinstance(error, ImportError):
        return "A package that calls the model is missing or broken here; install Walkaway again"
    return ""


def _key_wrong(error: Exception, key: str) -> str:
    """Say that no header can carry the key, or no request what was said; `""` when it is not that."""
    import httpx2

    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return "The request has half a character, which nothing can send; check the session's instructions and tools"
    illegal = [cause for cause in _causes(error) if isinstance(cause, httpx2.LocalProtocolError)]
    if isinstance(error, UnicodeEncodeError) or any("header" in str(cause) for cause in illegal):
        return f"The model service's key has a character that cannot be sent; check {key}"
    return ""


def _connection(error: Exception, model: str, settings: Settings) -> str:
    """Say how the connection failed, or `""` when something else did."""
    import anthropic
    import httpx2

    if isinstance(error, httpx2.DecodingError) or not isinstance(
        error, (httpx2.HTTPError, httpx2.StreamError, anthropic.APIConnectionError)
    ):
        return ""
    ours = settings.base_url and not model.startswith(BEDROCK)
    hint = "; is it running, and is ANTHROPIC_BASE_URL right?" if ours else ""
    silent = f"said nothing for {settings.first_byte_seconds} s; WALKAWAY_FIRST_BYTE_SECONDS gives it longer"
    sentences: Sequence[tuple[type[Exception], str]] = (
        (httpx2.ReadTimeout, f"The model service {silent}"),
        (ssl.SSLCertVerificationError, f"The model service's certificate is not trusted here; check {CERTIFICATES}"),
        (httpx2.ProxyError, f"The proxy did not let the model call through; check {PROXIES}"),
        (gaierror, f"The model service's name is not known here{hint}"),
        (httpx2.ConnectError, f"The model service cannot be reached{hint}"),
        (httpx2.ConnectTimeout, f"The model service cannot be reached{hint}"),
    )
    broken = "The connection to the model service broke off"
    return next((sentence for kind, sentence in sentences if _from(error, kind)), broken)


def _from(error: Exception, *kinds: type[BaseException]) -> bool:
    """Whether an error is one of these, or came from one."""
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
