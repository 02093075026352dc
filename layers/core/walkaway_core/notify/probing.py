"""One message for an endpoint, at once and without a record: whether it answers, and what."""

from walkaway_core.errors import Invalid
from walkaway_core.notify import endpoints, signing
from walkaway_core.notify.attempts import READ, SECONDS
from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.store.services import Services
from walkaway_wire import VERSION


def post(services: Services, endpoint: Endpoint, id_: str, body: bytes) -> int:
    """Send a body as a delivery would be sent; give the status of the answer. Raises Invalid where there is none."""
    from walkaway_core.outbound import requests

    endpoints.check(endpoint)
    now = services.clock.now()
    headers = {
        "content-type": "application/json",
        "user-agent": f"Walkaway/{VERSION}",
        "webhook-id": id_,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": signing.signature(endpoint.valid_secrets(now), id_, int(now), body),
    }
    try:
        with requests.connections(SECONDS, loopback=services.settings.outbound_loopback) as pool:
            return requests.request(pool, "POST", endpoint.url, headers, body, most=READ).status
    except (Forbidden, requests.Unreachable) as error:
        raise Invalid(f"The webhook could not be reached: {error}") from None
