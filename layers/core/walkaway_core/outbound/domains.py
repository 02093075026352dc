"""Which hosts may be asked, by lists of domains: a domain stands for its own host and all below it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from walkaway_core.outbound import urls
from walkaway_core.outbound.addresses import Forbidden


@dataclass(frozen=True, slots=True)
class Domains:
    """Domains as `domain` gives them: only those `allowed`, if there are any, and none of the `blocked` ones."""

    allowed: Sequence[str] = ()
    blocked: Sequence[str] = ()

    def check(self, url: str) -> None:
        """Raise Forbidden where an address is at a host that may not be asked; one that is no URL is let through."""
        try:
            host = urls.read(url).host.removesuffix(".")
        except ValueError:
            return
        if self.allowed and not _below(host, self.allowed):
            raise Forbidden(f"{host} is none of the domains that may be read here: {', '.join(self.allowed)}")
        if _below(host, self.blocked):
            raise Forbidden(f"{host} is one of the domains that are not read here")


def domain(text: str) -> str:
    """Write a domain as hosts are compared: in ASCII and small letters. Raises ValueError for what is none."""
    return urls.name(text).removesuffix(".")


def _below(host: str, domains: Iterable[str]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in domains)
