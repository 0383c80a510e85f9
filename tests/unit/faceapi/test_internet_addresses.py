"""Which addresses are the internet's, and which lead elsewhere, by whatever way."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest

from services.faceapi.adapters.internet_addresses import may_be_reached, parse_literal

# https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry and what clouds do with theirs.
OURS = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "100::1", "2001:db8::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1",
    # Interfaces.
    "fe80::1%eth0", "2606:4700::1%1",
    # IPv4 inside: mapped, compatible, translated, 6to4, Teredo (server, and client in reverse), NAT64.
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1", "::ffff:0:127.0.0.1",
    "2002:7f00:1::1", "2002:a00:1::", "2002:a9fe:a9fe::", "2001:0:808:808::80ff:fffe", "2001:0:7f00:1::f7f7:f7f7",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::127.0.0.1", "64:ff9b:1::8.8.8.8",
]  # fmt: skip
THE_INTERNET = [
    "1.1.1.1", "8.8.8.8", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "172.15.0.1", "172.32.0.1",
    "192.167.255.255", "192.169.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e",
    "2002:808:808::1", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_the_internet_is_not_reached(address: str) -> None:
    assert not may_be_reached(ip_address(address), [])


@pytest.mark.parametrize("address", THE_INTERNET)
def test_the_internet_is_reached(address: str) -> None:
    assert may_be_reached(ip_address(address), [])


@pytest.mark.parametrize("address", ["10.1.0.0", "10.1.255.255", "fd00::1"])
def test_a_network_may_be_allowed(address: str) -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/64")]
    assert may_be_reached(ip_address(address), allowed)


@pytest.mark.parametrize("address", ["10.0.255.255", "10.2.0.0", "fd00:0:0:1::1", "::ffff:10.2.0.1", "fd00::1%eth0"])
def test_an_allowed_network_allows_no_other(address: str) -> None:
    assert not may_be_reached(ip_address(address), [IPv4Network("10.1.0.0/16"), IPv6Network("fd00::/64")])


def test_both_addresses_of_one_must_be_allowed() -> None:
    mapped, inside = ip_network("::ffff:0:0/96"), ip_network("10.0.0.0/8")
    address = ip_address("::ffff:10.0.0.1")
    assert [may_be_reached(address, allowed) for allowed in ([mapped], [inside], [mapped, inside])] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "1.2.3.4.5", "a.b", "", "::g"]
)
def test_only_the_one_way_to_write_an_address_is_one(host: str) -> None:
    assert parse_literal(host) is None
