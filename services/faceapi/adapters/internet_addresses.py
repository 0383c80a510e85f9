"""Which addresses may be connected to on somebody's behalf: the internet's, and no network of ours.

Stricter than `ipaddress.is_global`, whose table depends on the Python version and has one bit for all of IPv6's corners.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Addresses of IPv6 that are routed, and those that stand for one of IPv4 behind a translator.
_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
# Global by the registry's or Python's word, and yet nothing of the internet.
_NOT_THE_INTERNET: Final[tuple[Network, ...]] = (
    IPv4Network("192.0.0.0/24"),  # for protocols; one cloud answers its machines there
    IPv4Network("168.63.129.16/32"),  # and another there
    IPv4Network("192.88.99.0/24"),  # the nearest 6to4 relay, whoever's that is
    IPv6Network("3fff::/20"),  # for documentation since 2024
)


def may_be_reached(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a connection may be opened to an address.

    Args:
        address: one that stands for another (IPv4-mapped, 6to4, Teredo, NAT64) may be reached if both may.
        allowed: networks that may be reached although they are not the internet's.
    """
    return all(_is_open(each, allowed) for each in (address, *_inside(address)))


def parse_literal(host: str) -> Address | None:
    """The address that a host of a URL is in its one canonical form; None where it is a name, or something else."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_open(address: Address, allowed: Sequence[Network]) -> bool:
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False  # an interface of ours
    if _is_in(address, allowed):
        return True
    routed = address.version == 4 or _is_in(address, (_UNICAST, _NAT64))
    return routed and address.is_global and not address.is_multicast and not _is_in(address, _NOT_THE_INTERNET)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)  # never in one of the other version


def _inside(address: Address) -> list[IPv4Address]:
    """The addresses of IPv4 that an address of IPv6 leads to."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _is_in(address, (_NAT64, _LOCAL_NAT64)):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [inside for inside in found if inside is not None]
