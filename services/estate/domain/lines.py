"""Regions, cities, shops and cameras as a person lists them: one line per camera. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final
from zoneinfo import available_timezones

from services.common.cameras.opening_hours import parse_opening_hours
from services.common.cameras.path_patterns import ANY, templates
from services.common.cameras.positions import is_position, read_position
from services.common.ids import is_slug

MAX_NAME_LETTERS: Final = 120
_MAX_IDENTIFIERS: Final = 16
_MAX_HOLIDAYS: Final = 366
MAX_BURST_WINDOW_S: Final = 3600
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class CameraLine:
    """One camera, with the places that it is in.

    Args:
        opening_hours: the shop's, as OpenStreetMap writes them; empty: open at all times.
        holidays: days on which the shop stays closed.
        login: name of the login that it shares with other cameras of the shop; empty: its own, named after it.
        identifiers: what uploads may call it: serial number, MAC or IP address, name, or "@latitude,longitude".
        pattern: of the paths that it uploads: a built-in one's name, or a template.
        burst_window_s: of photos taken within so many seconds one is kept; 0 keeps all.
    """

    region: str
    region_name: str
    city: str
    city_name: str
    shop: str
    shop_name: str
    time_zone: str
    camera: str
    opening_hours: str = ""
    holidays: tuple[date, ...] = ()
    login: str = ""
    identifiers: tuple[str, ...] = ()
    pattern: str = ANY
    burst_window_s: int = 0

    @property
    def login_name(self) -> str:
        """What the camera logs in as."""
        return self.login or self.camera


COLUMNS: Final = tuple(field.name for field in fields(CameraLine))
REQUIRED_COLUMNS: Final = COLUMNS[:8]


class EstateError(Exception):
    """What was asked for cannot be done; every fault is named, with its line where there are lines."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def check(lines: Iterable[tuple[int, Mapping[str, str]]]) -> list[CameraLine]:
    """The cameras of a list.

    Args:
        lines: line number, and value by column.

    Raises:
        EstateError: naming all that is wrong.
    """
    zones = available_timezones()
    faults: list[str] = []
    cameras: dict[str, CameraLine] = {}
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    for number, values in lines:
        texts = {column: (values.get(column) or "").strip() for column in COLUMNS}
        try:
            line = _line(texts)
        except ValueError as error:
            faults.append(f"line {number}: {error}")
            continue
        if wrong := _faults(line, zones):
            faults += [f"line {number}: {fault}" for fault in wrong]
            continue
        if line.camera in cameras:
            faults.append(f"line {number}: camera {line.camera} is there twice")
        cameras[line.camera] = line
        for place, properties in _places(line).items():
            if seen.setdefault(place, properties) != properties:
                faults.append(f"line {number}: {' '.join(place)} is described differently in an earlier line")
    if not cameras and not faults:
        faults.append("the list is empty")
    faults += [f"login {name} has the name of a camera" for name in sorted(shared_logins(cameras.values()))
               if name in cameras]  # fmt: skip
    if faults:
        raise EstateError(faults)
    return list(cameras.values())


def cells(line: CameraLine) -> dict[str, str]:
    """A line as `check` reads it."""
    texts = {column: str(getattr(line, column)) for column in COLUMNS}
    texts["holidays"] = " ".join(day.isoformat() for day in line.holidays)
    texts["identifiers"] = "; ".join(line.identifiers)
    return texts


def is_name(text: str) -> bool:
    """Whether a region, city or shop can be called so."""
    return len(text.strip()) > 0 and len(text) <= MAX_NAME_LETTERS and _CONTROL.search(text) is None


def shared_logins(lines: Iterable[CameraLine]) -> dict[str, CameraLine]:
    """The logins that cameras share, each with one of its lines."""
    return {line.login: line for line in lines if line.login}


def _line(texts: Mapping[str, str]) -> CameraLine:
    if missing := [column for column in REQUIRED_COLUMNS if not texts[column]]:
        raise ValueError(f"{', '.join(missing)} missing")
    if wrong := [column for column in COLUMNS if _CONTROL.search(texts[column])]:
        raise ValueError(f"{', '.join(wrong)} must not hold control characters")
    values: dict[str, str] = {column: texts[column] for column in (*REQUIRED_COLUMNS, "opening_hours", "login")}
    parse_opening_hours(texts["opening_hours"])
    pattern = texts["pattern"] or ANY
    templates(pattern)
    window = texts["burst_window_s"] or "0"
    if not (window.isdecimal() and len(window) < 5 and int(window) <= MAX_BURST_WINDOW_S):
        raise ValueError(f"burst_window_s '{window[:20]}' is not a number of seconds from 0 to {MAX_BURST_WINDOW_S}")
    return CameraLine(
        **values,
        holidays=_holidays(texts["holidays"]),
        identifiers=tuple(part.strip() for part in texts["identifiers"].split(";") if part.strip()),
        pattern=pattern,
        burst_window_s=int(window),
    )


def _holidays(text: str) -> tuple[date, ...]:
    try:
        return tuple(sorted({date.fromisoformat(day) for day in text.split()}))
    except ValueError as error:
        raise ValueError("holidays are days like 2026-12-25, with spaces between them") from error


def _faults(line: CameraLine, zones: set[str]) -> list[str]:
    faults = [
        f"{column} '{value}' may hold a-z, 0-9 and hyphens only, 63 letters at most"
        for column in ("region", "city", "shop", "camera", "login")
        if (value := getattr(line, column)) and not is_slug(value)
    ]
    faults += [
        f"{column} is longer than {MAX_NAME_LETTERS} letters"
        for column in ("region_name", "city_name", "shop_name")
        if len(getattr(line, column)) > MAX_NAME_LETTERS
    ]
    faults += [
        f"identifier '{identifier}' is no position like @52.5200,13.4050"
        for identifier in line.identifiers
        if is_position(identifier) and read_position(identifier) is None
    ]
    if len(line.identifiers) > _MAX_IDENTIFIERS or any(len(i) > MAX_NAME_LETTERS for i in line.identifiers):
        faults.append(f"there may be {_MAX_IDENTIFIERS} identifiers of {MAX_NAME_LETTERS} letters")
    if len(line.holidays) > _MAX_HOLIDAYS:
        faults.append(f"there may be {_MAX_HOLIDAYS} holidays")
    if line.time_zone not in zones:
        faults.append(f"time zone '{line.time_zone}' is not in the IANA database (Europe/Berlin is, for instance)")
    return faults


def _places(line: CameraLine) -> dict[tuple[str, str], tuple[object, ...]]:
    places: dict[tuple[str, str], tuple[object, ...]] = {
        ("region", line.region): (line.region_name,),
        ("city", line.city): (line.city_name, line.region),
        ("shop", line.shop): (line.shop_name, line.city, line.time_zone, line.opening_hours, line.holidays),
    }
    if line.login:
        places["login", line.login] = (line.shop,)
    return places
