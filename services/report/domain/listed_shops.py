"""Shops with the places that they lie in: what a list of everything somebody may see is made of."""

from dataclasses import dataclass

from services.report.domain.places import Place


@dataclass(frozen=True, slots=True)
class ListedShop:
    """A shop that somebody may see.

    Args:
        time_zone: of its shop, such as Europe/Berlin.
        sees_city: whether they see the city's numbers, or only those of some of its shops.
        sees_region: the same of the region.
    """

    region: Place
    city: Place
    shop: Place
    time_zone: str
    sees_city: bool
    sees_region: bool
