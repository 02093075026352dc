"""Which hosts may be asked, by lists of domains."""

import pytest

from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.outbound.domains import Domains, domain


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://docs.example.com/a", True),
        ("https://EXAMPLE.com", True),
        ("https://example.com.:443/", True),
        ("https://b\u00fccher.example/", True),
        ("https://example.com.evil.org/", False),
        ("https://notexample.com/", False),
        ("https://evil.org/example.com", False),
        ("https://example.com@evil.org/", False),
        ("http://127.0.0.1/", False),
        ("https://com/", False),
    ],
)
def test_a_domain_stands_for_itself_and_what_is_below(url: str, *, allowed: bool) -> None:
    named = ["example.com", domain("B\u00fccher.example.")]
    only, never = Domains(allowed=named), Domains(blocked=named)
    for lists, goes in ((only, allowed), (never, not allowed), (Domains(), True)):
        if goes:
            lists.check(url)
        else:
            with pytest.raises(Forbidden, match="domains that are not read" if lists is never else "none of the dom"):
                lists.check(url)


def test_what_is_no_address_is_told_as_such_by_who_asks_it() -> None:
    Domains(allowed=["example.com"]).check("no address")


@pytest.mark.parametrize(
    "text", ["", "https://example.com", "example.com/a", "example.com:443", "*.example.com", "a b"]
)
def test_what_is_no_domain(text: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        domain(text)
