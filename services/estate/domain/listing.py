"""Looking for shops, a page of a list at a time. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """Which shops somebody looks for.

    Args:
        text: part of a shop's, its city's or a camera's name; empty: any.
        region: slug; None: any.
        city: slug; None: any.
        offset: how many are left out before the first.
        limit: how many there may be.
    """

    text: str = ""
    region: str | None = None
    city: str | None = None
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A shop in a list.

    Args:
        has_hours: whether opening hours are registered.
        cameras: how many it has.
        disabled: how many of them are disabled.
    """

    region: str
    region_name: str
    city: str
    city_name: str
    shop: str
    shop_name: str
    time_zone: str
    has_hours: bool
    cameras: int
    disabled: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of shops, and how many there are on all pages."""

    total: int
    shops: tuple[Listed, ...]
