"""The demo's photos and its estate. Data only.

Each photo is cut out of a real one and scaled to a full HD frame, so that a face is as large as an exit camera sees it.
The number of faces that should count was found by looking: real, turned to the camera, 200 pixels or wider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.estate.domain import CameraLine

FRAME_PX: Final = (1920, 1080)


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a source photo, and where it goes in the frame.

    Args:
        source: file name in the packages that the photos come from.
        left: of the part, pixels of the source.
        top: of the part, pixels of the source.
        width: of the part, pixels of the source.
        height: of the part, pixels of the source.
        to: left, top, width and height in the frame; the whole frame when it is None.
    """

    source: str
    left: int
    top: int
    width: int
    height: int
    to: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class DemoPhoto:
    """A photo to upload, and what should become of it."""

    name: str
    faces: int
    cuts: tuple[Cut, ...]
    frame_px: tuple[int, int] = FRAME_PX


def _wide(source: str, left: int, top: int, width: int) -> tuple[Cut, ...]:
    """A part with the frame's proportions."""
    return (Cut(source, left, top, width, width * 9 // 16),)


_TILE_PX = 480
_HEADS = (  # centre of a face and its width, in pixels of the source
    ("sample1.jpg", 484, 484, 216),
    ("sample1.jpg", 1559, 341, 216),
    ("sample3.jpg", 675, 484, 216),
    ("sample3.jpg", 1155, 381, 259),
    ("sample4.jpg", 723, 221, 216),
    ("sample5.jpg", 1180, 344, 180),
    ("sample6.jpg", 1273, 484, 216),
    ("sample6.jpg", 747, 484, 216),
    ("biden.jpg", 595, 389, 311),
    ("obama.jpg", 496, 266, 259),
)


def _crowd() -> tuple[Cut, ...]:
    """Ten heads in two rows, each face 240 pixels wide."""
    cuts = []
    for i, (source, x, y, face) in enumerate(_HEADS):
        side = min(2 * face, 2 * x, 2 * y)
        place = (i % 5 * _TILE_PX, i // 5 * _TILE_PX, _TILE_PX, _TILE_PX)
        cuts.append(Cut(source, x - side // 2, y - side // 2, side, side, place))
    return tuple(cuts)


PHOTOS: Final = (
    DemoPhoto("photo-01.jpg", 2, _wide("sample1.jpg", 60, 120, 1240)),
    DemoPhoto("photo-02.jpg", 1, _wide("sample1.jpg", 1010, 60, 900)),
    DemoPhoto("photo-03.jpg", 1, _wide("sample2.jpg", 1100, 60, 800)),
    DemoPhoto("photo-04.jpg", 3, _wide("sample3.jpg", 400, 130, 1520)),
    DemoPhoto("photo-05.jpg", 3, _wide("sample4.jpg", 480, 0, 1180)),
    DemoPhoto("photo-06.jpg", 4, _wide("sample5.jpg", 560, 60, 1120)),
    DemoPhoto("photo-07.jpg", 1, _wide("sample5.jpg", 150, 800, 800)),
    DemoPhoto("photo-08.jpg", 4, _wide("sample6.jpg", 150, 250, 1620)),
    DemoPhoto("photo-09.jpg", 1, _wide("biden.jpg", 0, 100, 970)),
    DemoPhoto("photo-10.jpg", 1, _wide("obama.jpg", 0, 40, 910)),
    DemoPhoto("photo-11.jpg", 1, (Cut("obama2.jpg", 0, 0, 626, 1200, (678, 0, 563, 1080)),)),
    DemoPhoto("photo-12.jpg", 1, _wide("obama3.jpg", 100, 150, 1330)),
    DemoPhoto("crowd.jpg", 10, _crowd(), (5 * _TILE_PX, 2 * _TILE_PX)),
    DemoPhoto("no-face.jpg", 0, _wide("biden.jpg", 0, 1100, 970)),
    DemoPhoto("too-small.jpg", 0, (Cut("sample6.jpg", 0, 0, 1920, 1537, (528, 194, 864, 692)),)),
)


_PLACES: Final = (
    # region, its name, city, its name, time zone, shops
    ("europe", "Europe", "berlin", "Berlin", "Europe/Berlin", ("Alexanderplatz", "Kurfürstendamm")),
    ("europe", "Europe", "lisbon", "Lisbon", "Europe/Lisbon", ("Rua Augusta", "Chiado")),
    ("americas", "Americas", "toronto", "Toronto", "America/Toronto", ("Queen Street", "Union Station")),
    ("americas", "Americas", "santiago", "Santiago", "America/Santiago", ("Providencia", "Lastarria")),
    ("asia-pacific", "Asia Pacific", "osaka", "Osaka", "Asia/Tokyo", ("Umeda", "Namba")),
    ("asia-pacific", "Asia Pacific", "auckland", "Auckland", "Pacific/Auckland", ("Newmarket", "Ponsonby")),
)
_PHOTOS_A_CAMERA: Final = 6


def estate() -> list[CameraLine]:
    """Three regions, six cities, twelve shops in six time zones; every other shop has a second camera."""
    lines = []
    for region, region_name, city, city_name, time_zone, shops in _PLACES:
        for number, shop_name in enumerate(shops, 1):
            shop = f"{city}-{number}"
            lines += [
                CameraLine(region, region_name, city, city_name, shop, shop_name, time_zone, f"{shop}-cam-{camera}")
                for camera in range(1, number + 1)
            ]
    return lines


def photos_of(lines: Sequence[CameraLine]) -> dict[str, list[DemoPhoto]]:
    """What each camera uploads: some of the photos in turn, so that shops differ, and all of them are used."""
    return {
        line.camera: [PHOTOS[(i * _PHOTOS_A_CAMERA + j) % len(PHOTOS)] for j in range(_PHOTOS_A_CAMERA)]
        for i, line in enumerate(lines)
    }


@dataclass(frozen=True, slots=True)
class ShopResult:
    """What a shop's page shows, beside what it should."""

    line: CameraLine
    photos: int
    expected: int
    shown: int

    @property
    def is_right(self) -> bool:
        """Whether every face that should count is there exactly once."""
        return self.shown == self.expected


def expected_by_shop(lines: Sequence[CameraLine]) -> dict[str, tuple[CameraLine, int, int]]:
    """First line, photos and faces of each shop, in the estate's order."""
    photos = photos_of(lines)
    shops: dict[str, tuple[CameraLine, int, int]] = {}
    for line in lines:
        first, count, faces = shops.get(line.shop, (line, 0, 0))
        mine = photos[line.camera]
        shops[line.shop] = (first, count + len(mine), faces + sum(photo.faces for photo in mine))
    return shops
