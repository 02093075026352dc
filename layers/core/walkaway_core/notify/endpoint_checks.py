"""What an endpoint may be: an address that can be reached, a format, and names that it tells."""

from collections.abc import Collection

from walkaway_core.errors import Invalid
from walkaway_core.outbound import addresses
from walkaway_core.store.services import Services
from walkaway_wire.webhooks import ALL, MEANINGS


def url(services: Services, asked: str, name: str = "url") -> None:
    """Refuse an address that can never be reached, by the name that it was sent under. Raises Invalid."""
    try:
        addresses.check(asked, loopback=services.settings.outbound_loopback)
    except addresses.Forbidden as error:
        raise Invalid(f"`{name}` cannot be used: {error}") from None


def format_(services: Services, name: str) -> None:
    """Refuse a format that no dialect has. Raises Invalid."""
    if name not in services.extensions.formats:
        there = ", ".join(services.extensions.formats)
        raise Invalid(f"`format` {name[:100]!r} is not known; there are: {there}")


def events(services: Services, of: str, asked: Collection[str]) -> None:
    """Refuse names of things that a format never tells. Raises Invalid."""
    known = services.extensions.formats.get(of)
    types = known.types if known else frozenset()
    if wrong := [name for name in asked if name not in (ALL, *MEANINGS) and name not in types]:
        raise Invalid(f"`events`: the format {of[:100]} never tells {wrong[0][:100]}; leave it out")
