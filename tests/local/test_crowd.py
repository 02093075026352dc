"""Under what name an address counts."""

import ipaddress

import pytest

from walkaway_local.crowd import Crowd

PROXIES = (ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::7"))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("10.0.0.9", ""),
        ("::ffff:10.0.0.9", ""),
        ("10.0.1.9", "10.0.1.9"),
        ("fd00::7", ""),
        ("fd00::8", "fd00::/64"),
        ("", ""),
    ],
)
def test_a_subscriber_counts_once_and_a_proxy_not_at_all(address: str, name: str) -> None:
    assert Crowd(1, PROXIES)._name(address) == name
