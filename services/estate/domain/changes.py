"""Changes of single shops and cameras, and what an import would change. Pure.

Who changes something says what it was when they looked: if it is something else by now, nothing is changed. So nobody
undoes somebody else's change unseen.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from services.estate.domain.lines import CameraLine, EstateError, cells, check

CAMERA_COLUMNS: Final = ("login", "identifiers", "pattern", "burst_window_s")
_FIRST: Final = "line 0: "


@dataclass(frozen=True, slots=True)
class ShopLine:
    """A shop, with the places that it is in; everything as in `CameraLine`."""

    region: str
    region_name: str
    city: str
    city_name: str
    shop: str
    shop_name: str
    time_zone: str
    opening_hours: str = ""
    holidays: tuple[date, ...] = ()


SHOP_COLUMNS: Final = tuple(field.name for field in fields(ShopLine))


@dataclass(frozen=True, slots=True)
class City:
    """A registered city."""

    city: str
    city_name: str
    region: str
    region_name: str


@dataclass(frozen=True, slots=True)
class RegisteredCamera:
    """A camera as it is registered."""

    line: CameraLine
    disabled: bool


class ChangedMeanwhileError(Exception):
    """Somebody else has changed it since it was looked at; nothing was changed now.

    Args:
        current: what is registered now, by column.
        wanted: what was to become of it.
        version: of what is registered now.
    """

    def __init__(self, current: Mapping[str, str], wanted: Mapping[str, str], version: str) -> None:
        super().__init__("somebody else has changed it meanwhile")
        self.current = current
        self.wanted = wanted
        self.version = version


def version(values: Mapping[str, str]) -> str:
    """A short text that is another one when any of these values is."""
    text = "\x1f".join(f"{column}={values[column]}" for column in sorted(values))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def estate_version(lines: Iterable[CameraLine]) -> str:
    """As `version`, of all cameras."""
    return version({line.camera: repr(cells(line)) for line in lines})


def shop_cells(shop: ShopLine) -> dict[str, str]:
    """A shop as `check_shop` reads it."""
    texts = {column: str(getattr(shop, column)) for column in SHOP_COLUMNS}
    texts["holidays"] = " ".join(day.isoformat() for day in shop.holidays)
    return texts


def camera_cells(line: CameraLine) -> dict[str, str]:
    """A camera's own columns as `check` reads them."""
    values = cells(line)
    return {column: values[column] for column in CAMERA_COLUMNS}


def shop_of(line: CameraLine) -> ShopLine:
    """The shop of a camera."""
    return ShopLine(**{column: getattr(line, column) for column in SHOP_COLUMNS})


def check_line(values: Mapping[str, str]) -> CameraLine:
    """One camera, from its columns.

    Raises:
        EstateError: naming all that is wrong, without line numbers.
    """
    try:
        return check([(0, values)])[0]
    except EstateError as error:
        raise EstateError([fault.removeprefix(_FIRST) for fault in error.faults]) from error


def check_shop(values: Mapping[str, str]) -> ShopLine:
    """A shop, from its columns.

    Raises:
        EstateError: naming all that is wrong.
    """
    return shop_of(check_line({column: values.get(column, "") for column in SHOP_COLUMNS} | {"camera": "camera"}))


def placed(values: Mapping[str, str], cities: Iterable[City], regions: Mapping[str, str]) -> dict[str, str]:
    """A shop's columns, with the places that it is in as they are registered.

    Args:
        values: a shop's columns; city_name, region and region_name may be empty where the city is registered, and
            region_name where the region is.
        cities: all that are registered.
        regions: names of all that are registered.

    Raises:
        EstateError: a registered place is described differently. Renaming is another thing to do.
    """
    found = dict(values)
    city = next((known for known in cities if known.city == values.get("city")), None)
    if city is not None:
        registered = {column: getattr(city, column) for column in ("city_name", "region", "region_name")}
    elif (region := values.get("region", "")) in regions:
        registered = {"region_name": regions[region]}
    else:
        registered = {}
    faults = [
        f"{column} is '{name}' for the places that are registered: leave it as it is, or empty"
        for column, name in registered.items()
        if values.get(column, "") not in ("", name)
    ]
    if faults:
        raise EstateError(faults)
    return found | registered


def with_camera(lines: Sequence[CameraLine], shop: str, values: Mapping[str, str]) -> CameraLine:
    """A further camera of a shop that is registered.

    Args:
        lines: all cameras.
        shop: slug.
        values: the camera's own columns.

    Raises:
        EstateError: there is no such shop, there is such a camera, or a value is wrong.
    """
    neighbour = next((line for line in lines if line.shop == shop), None)
    if neighbour is None:
        raise EstateError([f"shop {shop} is not registered: a shop comes with `facetally estate import`"])
    if any(line.camera == values["camera"] for line in lines):
        raise EstateError([f"camera {values['camera']} is registered already"])
    return new_camera(shop_of(neighbour), values)


def new_camera(shop: ShopLine, values: Mapping[str, str]) -> CameraLine:
    """A further camera of a shop.

    Raises:
        EstateError: a value is wrong.
    """
    own = dict.fromkeys(CAMERA_COLUMNS, "")
    return check_line(shop_cells(shop) | own | dict(values))


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an import would change.

    Args:
        kind: region, city, shop or camera.
        name: its slug.
        column: as in the file.
    """

    kind: str
    name: str
    column: str
    was: str
    becomes: str


def changes_of(kind: str, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """What is not as before, in order of the columns."""
    return tuple(
        Change(kind, name, column, before[column], value) for column, value in after.items() if before[column] != value
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would come to.

    Args:
        cameras: listed.
        new: slugs that are not registered yet, by kind.
        changes: of what is registered.
        new_logins: how many.
    """

    cameras: int
    new: Mapping[str, tuple[str, ...]]
    changes: tuple[Change, ...]
    new_logins: int

    @property
    def changes_something(self) -> bool:
        """Whether anything would not be as it is."""
        return bool(self.changes or any(self.new.values()) or self.new_logins)


# What each kind of thing consists of, besides its slug.
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("region_name",),
    "city": ("city_name", "region"),
    "shop": ("shop_name", "city", "time_zone", "opening_hours", "holidays"),
    "camera": ("shop", *CAMERA_COLUMNS),
}


def preview(lines: Sequence[CameraLine], registered: Iterable[CameraLine], known_logins: Iterable[str]) -> Preview:
    """What importing a list would change. Whatever it does not name stays."""
    there = _things(registered)
    changes: list[Change] = []
    new: dict[str, list[str]] = {kind: [] for kind in _PARTS}
    for (kind, name), values in _things(lines).items():
        before = there.get((kind, name))
        if before is None:
            new[kind].append(name)
        else:
            changes += changes_of(kind, name, before, values)
    return Preview(
        cameras=len(lines),
        new={kind: tuple(names) for kind, names in new.items()},
        changes=tuple(changes),
        new_logins=len({line.login_name for line in lines} - set(known_logins)),
    )


def _things(lines: Iterable[CameraLine]) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        values = cells(line)
        for kind, columns in _PARTS.items():
            found.setdefault((kind, values[kind]), {column: values[column] for column in columns})
    return found
