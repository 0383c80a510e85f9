"""Where visitors are counted."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much of the world a place is; `yours` is all that somebody may see, where that is not the world."""

    WORLD = "world"
    REGION = "region"
    CITY = "city"
    SHOP = "shop"
    GROUP = "group"
    YOURS = "yours"


INSIDE: Final = {Level.WORLD: Level.REGION, Level.REGION: Level.CITY, Level.CITY: Level.SHOP, Level.GROUP: Level.SHOP}


@dataclass(frozen=True, slots=True)
class Place:
    """The world, a region, a city, a shop, a group of shops, or all that somebody may see.

    Args:
        slug: its short name; empty for the world and for `yours`.
    """

    level: Level
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A place with all that it lies in, from the world down to itself.

    Args:
        path: the last one is the place. Places further up are there even if the viewer may see no numbers of them.
        scope_ids: whose tallies add up to the place's: one, but for groups and for several places of one viewer.
        today: the earliest date in any of its shops: every day before it is complete in all of them.
        latest_day: the latest date in any of its shops: there are no tallies of later days.
        time_zones: of its shops, sorted.
        shops: how many there are.
        open_path: levels of the path of which the viewer may see numbers.
    """

    path: tuple[Place, ...]
    scope_ids: tuple[int, ...]
    today: date
    latest_day: date
    time_zones: tuple[str, ...]
    shops: int
    open_path: frozenset[Level] = frozenset(Level)

    @property
    def place(self) -> Place:
        """The place itself."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Site:
    """A place among others: in a list, a league or on a map.

    Args:
        scope_id: of its tallies.
        city: name of the city that a shop is in; empty for others.
        region: name of the region that it is in; empty for a region.
        position: of a shop, "@latitude,longitude" in degrees; empty where no camera says.
    """

    place: Place
    scope_id: int
    city: str = ""
    region: str = ""
    position: str = ""
