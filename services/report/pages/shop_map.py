"""A map of shops: circles over an outline of the land, or over nothing but lines of longitude and latitude.

Nothing is fetched from elsewhere, so there are no tiles: an outline from Natural Earth comes with the pages. Longitude
and latitude are drawn as they are, but for a stretch that keeps distances right in the middle of the map.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.report.domain.shown import ShownPlace
from services.report.pages import names, words
from services.report.pages.i18n import _, ngettext

# Of the picture; the height is up to what is on it.
_WIDTH: Final = 1000.0
_LOWEST: Final = 280.0
_HIGHEST: Final = 400.0
_LARGEST_CIRCLE: Final = 17.0
_SMALLEST_CIRCLE: Final = 3.5
# Circles whose shops are nearer to each other than this are one, in units of the picture.
_ONE_CIRCLE: Final = 14.0
# Narrower than so many degrees, the outline is too coarse to help.
_OUTLINE_FROM: Final = 1.5
_FINE_OUTLINE_BELOW: Final = 100.0
_GRID: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
_NO_COVERAGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Circle:
    """A shop, or several that lie close together.

    Args:
        x: from the left.
        y: from the top.
        kind: a class of the style sheet: few, gap, or empty.
        place: of one shop; None of several.
    """

    x: float
    y: float
    radius: float
    title: str
    kind: str
    shop: ShownPlace | None


@dataclass(frozen=True, slots=True)
class ShopMap:
    """A picture of 1000 units' width.

    Args:
        outline: file of the land's outline, empty for none; it is drawn in degrees, north up being negative.
        transform: that brings the outline to its place.
        meridians: x of lines, and what they say.
        parallels: y of lines, and what they say.
        circles: the largest first, so that smaller ones lie on top.
    """

    width: float
    height: float
    outline: str
    transform: str
    meridians: tuple[tuple[float, str], ...]
    parallels: tuple[tuple[float, str], ...]
    circles: tuple[Circle, ...]


def shop_map(places: Sequence[ShownPlace], min_cell: int) -> ShopMap | None:
    """Where shops are and how many visitors they had; None where no position is known.

    Args:
        places: shops; those without a position are left out.
        min_cell: smaller counts are hidden.
    """
    located = [(place, position) for place in places if (position := _position(place.site.position))]
    if not located:
        return None
    west, east, south, north = _frame([position for _place, position in located])
    stretch = math.cos(math.radians((south + north) / 2))
    scale = _WIDTH / ((east - west) * stretch)
    height = (north - south) * scale
    spots = [(place, (lon - west) * stretch * scale, (north - lat) * scale) for place, (lon, lat) in located]
    most = max((place.visitors or 0 for place in places), default=0)
    circles = sorted(_circles(spots, most, min_cell), key=lambda circle: -circle.radius)
    span = east - west
    outline = "" if span < _OUTLINE_FROM else "land-50m.svg" if span < _FINE_OUTLINE_BELOW else "land-110m.svg"
    step = next((size for size in _GRID if span / size <= 8), _GRID[-1])
    return ShopMap(
        _WIDTH,
        round(height, 1),
        outline,
        f"translate({-west * stretch * scale:.2f} {north * scale:.2f}) scale({stretch * scale:.4f} {scale:.4f})",
        tuple(((lon - west) * stretch * scale, _degrees(lon, "E", "W", step)) for lon in _lines(west, east, step)),
        tuple(((north - lat) * scale, _degrees(lat, "N", "S", step)) for lat in _lines(south, north, step)),
        tuple(circles),
    )


def _position(text: str) -> tuple[float, float] | None:
    """Longitude and latitude in degrees of "@latitude,longitude"; None where it is none."""
    latitude, _comma, longitude = text.removeprefix("@").partition(",")
    try:
        lat, lon = float(latitude), float(longitude)
    except ValueError:
        return None
    return (lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _frame(positions: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """West, east, south and north of a picture that shows all of them, neither too flat nor too tall."""
    lons, lats = [lon for lon, _lat in positions], [lat for _lon, lat in positions]
    width, height = max(lons) - min(lons), max(lats) - min(lats)
    margin = max(0.03, 0.07 * max(width, height))
    west, east = max(-180.0, min(lons) - margin), min(180.0, max(lons) + margin)
    south, north = max(-88.0, min(lats) - margin), min(88.0, max(lats) + margin)
    stretch = math.cos(math.radians((south + north) / 2))
    flat = _LOWEST / _WIDTH * (east - west) * stretch
    tall = _HIGHEST / _WIDTH * (east - west) * stretch
    if north - south < flat:
        middle = (north + south) / 2
        south, north = middle - flat / 2, middle + flat / 2
    elif north - south > tall:
        more = ((north - south) * _WIDTH / _HIGHEST / stretch - (east - west)) / 2
        west, east = west - more, east + more
    return west, east, south, north


def _circles(spots: Sequence[tuple[ShownPlace, float, float]], most: int, min_cell: int) -> list[Circle]:
    groups: dict[tuple[int, int], list[tuple[ShownPlace, float, float]]] = defaultdict(list)
    together = len(spots) > 60
    for i, spot in enumerate(spots):
        groups[(int(spot[1] / _ONE_CIRCLE), int(spot[2] / _ONE_CIRCLE)) if together else (i, 0)].append(spot)
    largest = max(sum(place.visitors or 0 for place, _x, _y in group) for group in groups.values()) or most or 1
    return [_circle(group, largest, min_cell) for group in groups.values()]


def _circle(group: Sequence[tuple[ShownPlace, float, float]], largest: int, min_cell: int) -> Circle:
    places = [place for place, _x, _y in group]
    x, y = (round(sum(spot[k] for spot in group) / len(group), 1) for k in (1, 2))  # type: ignore[misc]
    known = [place.visitors for place in places if place.visitors is not None]
    radius = _SMALLEST_CIRCLE + (_LARGEST_CIRCLE - _SMALLEST_CIRCLE) * math.sqrt(sum(known) / largest)
    number = words.count(sum(known)) if known else words.hidden(min_cell)
    if len(places) == 1:
        (place,) = places
        name = names.place(place.site.place)
    else:
        cities = sorted({place.site.city for place in places if place.site.city})
        where = words.listed(cities) if 0 < len(cities) <= 3 else _("%(count)s cities") % {"count": len(cities)}
        shops = ngettext("%(count)s shop", "%(count)s shops", len(places)) % {"count": words.count(len(places))}
        name = f"{where}, {shops}"
    poor = any(place.coverage is not None and place.coverage < _NO_COVERAGE for place in places)
    title = _("%(name)s: %(number)s visitors") % {"name": name, "number": number}
    return Circle(
        x, y, round(radius, 1), title, "few" if not known else "gap" if poor else "", places[0] if len(places) == 1 else None
    )  # fmt: skip


def _lines(first: float, last: float, step: float) -> list[float]:
    start = math.ceil(first / step)
    return [round(step * i, 6) for i in range(start, math.floor(last / step) + 1)]


def _degrees(value: float, positive: str, negative: str, step: float) -> str:
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    return f"{words.decimal(abs(value), digits)}°{positive if value > 0 else negative if value < 0 else ''}"
