"""What somebody who reads reports asks for next: `make load` and `make bench-reports` have the same readers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

import numpy as np

_PRESETS: Final = ("7d", "28d", "13w", "year")
_CHOICES: Final = {
    "gender": ("female", "male"),
    "band": ("18-24", "25-34", "35-44", "65+"),
    "mood": ("happiness", "neutral", "sadness"),
}
_PAGES: Final = (("overview", 0.4), ("explore", 0.25), ("league", 0.15), ("compare", 0.1), ("cameras", 0.1))


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who browses.

    Args:
        place: word of their place: world, or level:slug.
        inside: words of places that they may look at as well.
    """

    place: str
    inside: tuple[str, ...]


def address(random: np.random.Generator, manager: Manager, until: date) -> tuple[str, str]:
    """A page that somebody might ask for next, and its address.

    Args:
        random: where their whims come from.
        manager: who asks.
        until: the last day that there is something of.
    """
    page = str(random.choice([name for name, _ in _PAGES], p=[share for _, share in _PAGES]))
    place = manager.place if random.random() < 0.5 or not manager.inside else str(random.choice(manager.inside))
    query: dict[str, str] = {}
    if random.random() < 0.6:
        query["period"] = str(random.choice(_PRESETS))
    else:
        last = until - timedelta(days=int(random.integers(0, 60)))
        query |= {"from": str(last - timedelta(days=int(random.integers(1, 300)))), "to": str(last)}
    if random.random() < 0.35:
        name = str(random.choice(list(_CHOICES)))
        query[name] = str(random.choice(_CHOICES[name]))
    return page, f"{_path(page, place, query)}?{urlencode(query)}"


def _path(page: str, place: str, query: dict[str, str]) -> str:
    """Path of a page about a place; what it needs beside goes into the query."""
    level, _, slug = place.partition(":")
    if page == "overview":
        return {"world": "/", "region": f"/regions/{slug}", "city": f"/cities/{slug}", "shop": f"/shops/{slug}"}[level]
    if page == "compare":
        query["subject"] = place
    elif level != "world":
        query["place"] = place
    return f"/{page}"
