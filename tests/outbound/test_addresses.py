"""Only public addresses are reached."""

import pytest

from walkaway_core.outbound import addresses
from walkaway_core.outbound.addresses import Forbidden

REFUSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo",
    "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
    # what interpreters of some age take for public
    "fec0::1", "feff::1", "3fff::1", "3fff:fff::1", "192.88.99.1", "192.0.0.8", "192.0.0.170", "5f00::1",
    "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1", "2001:1ff::1", "::1.1.1.1",
    "::ffff:0:1.1.1.1", "4000::1", "::ffff:192.88.99.1", "64:ff9b::c000:8", "2002:c058:6301::1",
    "2001:0:0101:0101:0:0:fefe:fefe", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:169.254.169.254",
    "2606:4700::5efe:127.0.0.1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "100.63.255.255", "100.128.0.1", "172.32.0.1", "11.0.0.1",
    "192.0.0.9", "192.0.0.10", "192.31.196.1", "192.52.193.1", "192.175.48.1", "192.88.98.255", "198.20.0.1",
    "223.255.255.255",
    "2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:200::1", "2620:4f:8000::1", "2a00:1450::1",
    "3fff:1000::1",
    "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1", "2606:4700::5efe:1.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Forbidden):
        addresses.judge(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    addresses.judge(address)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "::ffff:169.254.169.254", "fe80::1"])
def test_loopback_alone_is_what_development_allows(address: str) -> None:
    addresses.judge("127.0.0.1", loopback=True)
    addresses.judge("::1", loopback=True)
    addresses.judge("::ffff:127.0.0.1", loopback=True)
    with pytest.raises(Forbidden):
        addresses.judge(address, loopback=True)
