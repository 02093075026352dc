"""The list of ours against the interpreter's: where they differ, ours is the stricter one."""

import ipaddress

from hypothesis import example, given, settings, strategies as st

from walkaway_core.outbound import registries

GIVEN_UP = (
    "192.88.99.0/24",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fec0::/10",
    "192.0.0.0/24",
    "2001::/23",
    "::/8",
    "100::/32",
)


@given(st.ip_addresses())
@settings(max_examples=300)
@example(ipaddress.ip_address("1.1.1.1"))
@example(ipaddress.ip_address("2606:4700::1111"))
def test_what_the_interpreter_refuses_is_refused_where_the_registries_have_not_changed(
    address: registries.Address,
) -> None:
    if any(address in ipaddress.ip_network(one) for one in GIVEN_UP):
        return
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not registries.is_public(address)


def test_what_is_reachable_lies_inside_what_is_special() -> None:
    for one in registries.REACHABLE:
        assert any(one.version == special.version and one.subnet_of(special) for special in registries.SPECIAL)  # type: ignore[arg-type]


def test_the_first_and_the_last_address_of_each_block_are_in_it() -> None:
    for special in registries.SPECIAL:
        ends = [end for end in (special[0], special[-1]) if not any(end in one for one in registries.REACHABLE)]
        assert not any(map(registries.is_public, ends if special != registries.SIX_TO_FOUR else []))
