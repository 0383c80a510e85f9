"""Regions, cities, shops and cameras as a person lists them: one line per camera. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final
from zoneinfo import available_timezones

from facetally.v1.estate_pb2 import CameraLogin

from services.common.ids import is_slug

_SALT_BYTES: Final = 16
_MAX_NAME_LETTERS: Final = 120


@dataclass(frozen=True, slots=True)
class CameraLine:
    """One camera, with the places that it is in."""

    region: str
    region_name: str
    city: str
    city_name: str
    shop: str
    shop_name: str
    time_zone: str
    camera: str


COLUMNS: Final = tuple(field.name for field in fields(CameraLine))


@dataclass(frozen=True, slots=True)
class Login:
    """What proves that a camera is the one. The secret itself is nowhere kept."""

    camera: str
    salt: bytes
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A camera's login as it is typed into the camera. Shown once."""

    camera: str
    login: str
    secret: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    cameras: int
    new: tuple[NewSecret, ...]
    changed: bool


class EstateError(Exception):
    """The list cannot be imported; every fault is named, with its line."""

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
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    for number, values in lines:
        missing = [column for column in COLUMNS if not (values.get(column) or "").strip()]
        if missing:
            faults.append(f"line {number}: {', '.join(missing)} missing")
            continue
        line = CameraLine(**{column: values[column].strip() for column in COLUMNS})
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
    if faults:
        raise EstateError(faults)
    return list(cameras.values())


def _faults(line: CameraLine, zones: set[str]) -> list[str]:
    faults = [
        f"{column} '{value}' may hold a-z, 0-9 and hyphens only, 63 letters at most"
        for column in ("region", "city", "shop", "camera")
        if not is_slug(value := getattr(line, column))
    ]
    faults += [
        f"{column} is longer than {_MAX_NAME_LETTERS} letters"
        for column in ("region_name", "city_name", "shop_name")
        if len(getattr(line, column)) > _MAX_NAME_LETTERS
    ]
    if line.time_zone not in zones:
        faults.append(f"time zone '{line.time_zone}' is not in the IANA database (Europe/Berlin is, for instance)")
    return faults


def _places(line: CameraLine) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        ("region", line.region): (line.region_name,),
        ("city", line.city): (line.city_name, line.region),
        ("shop", line.shop): (line.shop_name, line.city, line.time_zone),
    }


def new_login(camera: str, random: bytes, secret: str) -> Login:
    """What is kept of a camera's secret.

    Args:
        camera: slug.
        random: 16 random bytes.
        secret: 128 random bits as text, so that one fast hash is enough.
    """
    if len(random) != _SALT_BYTES:
        raise ValueError(f"a salt has {_SALT_BYTES} bytes")
    return Login(camera, random, hashlib.sha256(random + secret.encode()).digest())


def login_message(camera: str, shop: str, region: str, login: Login, *, disabled: bool) -> CameraLogin:
    """What cells need to know of a camera."""
    return CameraLogin(
        login=camera,
        camera_id=camera,
        shop_id=shop,
        region_id=region,
        secret_sha256=login.secret_sha256,
        salt=login.salt,
        disabled=disabled,
    )
