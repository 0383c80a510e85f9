"""What somebody wants a plan for."""

from dataclasses import dataclass, replace
from typing import Final

from services.cost.domain.assumptions import DEFAULTS

ZONES: Final = 3
MOST_OFFSET_H: Final = 14.0
_MOST: Final = 1e9
_MOST_A_DAY: Final = 1e10


class EstateError(ValueError):
    """Something that nothing can be planned for; its words say what it must be."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region: a cell, or several alike.

    Args:
        share: of all shops.
        offsets_h: of its time zones' clocks, hours ahead of UTC; its shops are spread over them evenly.
    """

    name: str
    share: float
    offsets_h: tuple[float, ...]


# The regions of `make seed-year`, a fifth of the shops each (a guess); clocks of December.
REGIONS: Final = (
    Region("northern-europe", 0.2, (1.0, 0.0)),
    Region("southern-europe", 0.2, (1.0,)),
    Region("north-america", 0.2, (-5.0, -6.0, -8.0)),
    Region("latin-america", 0.2, (-3.0, -6.0)),
    Region("asia-pacific", 0.2, (9.0, 8.0, 11.0)),
)


@dataclass(frozen=True, slots=True)
class Estate:
    """Shops, their load, and how their machines are to be.

    Args:
        customers: of a shop on an ordinary day, a photo each.
        cameras: of a shop.
        peak: load to be ready for, in times an ordinary day's, at any hour; holidays: 5.
        photo_mb: size of a photo.
        faces: on a photo.
        days_kept: for how long photos are kept.
        node_cores: cores of a node.
        node_gib: its memory.
        gpu_photos_per_s: photos that a GPU looks at in a second; 0 without GPU nodes.
        stream_copies: copies of each stream: 1 or 3.
        photo_copies: bytes on disk for each byte of a photo: 4/3 is 3+1 erasure coding, as the manifests have it.
        spare_nodes: nodes of each cluster that may fail.
        spare_zone: whether one of three zones may fail.

    Raises:
        EstateError: something is out of range.
    """

    shops: int = DEFAULTS.shops
    customers: int = 5_000
    cameras: int = 10
    peak: float = 5
    photo_mb: float = DEFAULTS.photo_mb
    faces: float = DEFAULTS.faces_per_photo
    days_kept: int = DEFAULTS.photos_kept_days
    regions: tuple[Region, ...] = REGIONS
    node_cores: int = 16
    node_gib: float = 64
    gpu_photos_per_s: float = 0
    stream_copies: int = 3
    photo_copies: float = 4 / 3
    spare_nodes: int = 1
    spare_zone: bool = False

    def __post_init__(self) -> None:
        ranges = {
            "shops": (self.shops, 1), "customers": (self.customers, 1), "cameras": (self.cameras, 1),
            "peak": (self.peak, 1), "photo_mb": (self.photo_mb, 0.001), "faces": (self.faces, 0),
            "days_kept": (self.days_kept, 1), "node_cores": (self.node_cores, 1), "node_gib": (self.node_gib, 1),
            "gpu_photos_per_s": (self.gpu_photos_per_s, 0), "photo_copies": (self.photo_copies, 1),
            "spare_nodes": (self.spare_nodes, 0),
        }  # fmt: skip
        for name, (value, least) in ranges.items():
            # A number that is none fails as well.
            if not least <= value <= _MOST:
                raise EstateError(f"{name} must be {least:g} to {_MOST:g}")
        if self.photos_per_day > _MOST_A_DAY:
            raise EstateError(f"there may be {_MOST_A_DAY:g} customers a day at most, in all shops")
        if self.stream_copies not in {1, 3}:
            raise EstateError("stream_copies must be 1 or 3")
        _check(self.regions)

    @property
    def photos_per_day(self) -> float:
        """Photos of an ordinary day."""
        return float(self.shops) * self.customers

    def times(self, factor: int) -> "Estate":
        """The same estate with so many times the shops."""
        return replace(self, shops=self.shops * factor)


def _check(regions: tuple[Region, ...]) -> None:
    if not regions:
        raise EstateError("there must be a region")
    if len({region.name for region in regions}) < len(regions):
        raise EstateError("each region must be named once")
    if any(not 0 < region.share <= 1 for region in regions) or abs(sum(one.share for one in regions) - 1) > 0.001:
        raise EstateError("the regions' shares must be more than 0, and 1 in all")
    if any(not region.offsets_h or max(map(abs, region.offsets_h)) > MOST_OFFSET_H for region in regions):
        raise EstateError(f"clocks of a region must be {MOST_OFFSET_H:g} hours from UTC at most")
