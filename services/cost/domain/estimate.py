"""What an estate needs, and what that costs a month. Pure arithmetic."""

import math
from dataclasses import dataclass
from typing import Final

from services.cost.domain.assumptions import Assumptions
from services.cost.domain.words import about, counted

_DAYS: Final = 30
_HOURS: Final = 24 * _DAYS
_PEAKS: Final = (1.0, 2.0, 5.0)
_KEPT_DAYS: Final = (0, 1, 7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Load:
    """What must be there to bear a load.

    Args:
        peak: the load, in times the month's mean.
        photos_per_s: photos a second.
        cores: busy no more than allowed; a fraction, as they can be rented.
        servers: of your own, spare ones included.
        mb_per_s: into the photo store; as much is read from it.
        mbit_per_s: the same in bits, into the network.
    """

    peak: float
    photos_per_s: float
    cores: float
    servers: int
    mb_per_s: float
    mbit_per_s: float


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the bill, US dollars a month; None where there is no such thing.

    Args:
        own: what of one's own it is.
        own_usd: its price; that of machines and disks holds their electricity and room.
        rented: what is rented instead.
        rented_usd: its price.
    """

    name: str
    own: str
    own_usd: float | None
    rented: str
    rented_usd: float | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """What it costs to keep photos for so many days, US dollars a month.

    Args:
        what: which photos.
        tb: what they come to.
        own_usd: on disks of your own, their electricity and room included.
        rented_usd: in a rented object store, without what its requests cost.
    """

    days: int
    what: str
    tb: float
    own_usd: float
    rented_usd: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """All of it.

    Args:
        loads: at several peaks, the assumed one included.
        items: the bill.
        keeping: every choice, by days.
        own_usd: a month on machines of your own.
        rented_usd: a month on rented ones.
        face_api_usd: a month of the cloud's face API.
        kw: what machines and disks of your own draw, kilowatts, without cooling and losses.
        electricity_usd: a month of it, cooling and losses included; it is in `own_usd`.
        room_usd: a month of room for them; it is in `own_usd`.
        gpu_cores: what a GPU could take over at the peak.
        gpu_saves_usd: what renting them costs a month.
        gpu_usd: a month of one rented GPU.
    """

    loads: tuple[Load, ...]
    items: tuple[Item, ...]
    keeping: tuple[Keeping, ...]
    own_usd: float
    rented_usd: float
    face_api_usd: float
    kw: float
    electricity_usd: float
    room_usd: float
    gpu_cores: float
    gpu_saves_usd: float
    gpu_usd: float


def estimate(given: Assumptions) -> Estimate:
    """Reckon an estate's machines, storage and money."""
    items = bill(given)
    disk_tb = photos_kept_tb(given, given.photos_kept_days) * given.disk_overhead
    kw = (load(given, given.peak).servers * given.server_watts + disk_tb * given.disk_tb_watts) / 1_000
    # It is a part of the services' CPU, of which somebody may have put in less.
    gpu_cores = cores(given, min(given.gpu_cpu_ms, given.services_cpu_ms), given.peak)
    return Estimate(
        loads=tuple(load(given, peak) for peak in sorted({*_PEAKS, given.peak})),
        items=items,
        keeping=keeping(given),
        own_usd=math.fsum(item.own_usd or 0 for item in items),
        rented_usd=math.fsum(item.rented_usd or 0 for item in items),
        face_api_usd=given.photos_per_month / 1_000 * given.face_api_usd,
        kw=kw,
        electricity_usd=kw * _electricity_usd(given),
        room_usd=kw * given.room_kw_usd,
        gpu_cores=gpu_cores,
        gpu_saves_usd=gpu_cores * _HOURS * given.core_hour_usd,
        gpu_usd=_HOURS * given.gpu_hour_usd,
    )


def cores(given: Assumptions, cpu_ms: float, peak: float) -> float:
    """How many cores do `cpu_ms` for every photo, busy no more than allowed."""
    return _photos_per_s(given) * peak * cpu_ms / 1_000 / given.utilisation


def load(given: Assumptions, peak: float) -> Load:
    """What bears a load of `peak` times the month's mean."""
    photos_per_s = _photos_per_s(given) * peak
    needed = cores(given, given.services_cpu_ms + given.servers_cpu_ms, peak)
    return Load(
        peak=peak,
        photos_per_s=photos_per_s,
        cores=needed,
        servers=math.ceil(needed / given.server_cores) + given.spare_servers,
        mb_per_s=photos_per_s * given.photo_mb,
        mbit_per_s=photos_per_s * given.photo_mb * 8,
    )


def bill(given: Assumptions) -> tuple[Item, ...]:
    """The items of a month."""
    at_peak = load(given, given.peak)
    photos_tb, results_tb = photos_kept_tb(given, given.photos_kept_days), results_kept_tb(given)
    disk_tb, ssd_tb = photos_tb * given.disk_overhead, results_tb * given.database_copies
    server_usd = given.server_usd / (given.server_years * 12) + given.server_watts * _watt_usd(given)
    other = (
        Item("other", "as you put in", given.other_usd, "as you put in", given.other_usd) if given.other_usd else None
    )
    items = (
        Item(
            "machines",
            f"{counted(at_peak.servers, 'server')} of {counted(given.server_cores, 'core')}",
            at_peak.servers * server_usd,
            f"{about(at_peak.cores)} cores",
            at_peak.cores * _HOURS * given.core_hour_usd,
        ),
        Item(
            "photos",
            f"{about(disk_tb)} TB of disk",
            disk_tb * _disk_usd(given),
            f"{about(photos_tb)} TB in an object store",
            photos_tb * given.object_tb_usd,
        ),
        Item(
            "requests",
            "",
            None,
            f"{about(given.photos_per_month / 1e6)} million PUT, GET",
            given.photos_per_month / 1e6 * given.object_requests_usd,
        ),
        Item(
            "results",
            f"{about(ssd_tb)} TB of SSD",
            ssd_tb * given.ssd_tb_usd,
            f"{about(ssd_tb)} TB of SSD",
            ssd_tb * given.block_tb_usd,
        ),
        Item(
            "network",
            f"{about(at_peak.mbit_per_s)} Mbit/s",
            at_peak.mbit_per_s * given.mbit_usd,
            "",
            None,
        ),
        other,
    )
    return tuple(item for item in items if item)


def photos_kept_tb(given: Assumptions, days: int, share: float = 1) -> float:
    """What the photos of so many days come to, or that share of their bytes, TB."""
    return given.photos_per_month / _DAYS * days * given.photo_mb * share / 1e6


def results_kept_tb(given: Assumptions) -> float:
    """What results and tallies come to in one copy of the database, TB."""
    photos = given.photos_per_month / _DAYS * given.results_kept_days
    rows = photos * (given.photo_bytes + given.faces_per_photo * given.face_bytes)
    tallies = given.shops * given.tallies_mb * 1e6 * given.tallies_kept_days / 365
    return (rows + tallies) / 1e12


def keeping(given: Assumptions) -> tuple[Keeping, ...]:
    """What each choice of photos to keep costs."""
    choices = (("all", 1.0), ("in doubt", given.doubt_share), ("smaller", given.smaller_share))
    tb_usd = given.disk_overhead * _disk_usd(given)
    return tuple(
        Keeping(days, what, tb, tb * tb_usd, tb * given.object_tb_usd)
        for days in sorted({*_KEPT_DAYS, given.photos_kept_days})
        for what, share in choices
        for tb in (photos_kept_tb(given, days, share),)
    )


def _photos_per_s(given: Assumptions) -> float:
    return given.photos_per_month / (_HOURS * 3_600)


def _electricity_usd(given: Assumptions) -> float:
    """A month of electricity for a kilowatt of machines."""
    return given.power_overhead * _HOURS * given.kwh_usd


def _watt_usd(given: Assumptions) -> float:
    """A month of electricity and room for a watt of machines."""
    return (_electricity_usd(given) + given.room_kw_usd) / 1_000


def _disk_usd(given: Assumptions) -> float:
    """A month of a TB of disk, its electricity and room included."""
    return given.disk_tb_usd + given.disk_tb_watts * _watt_usd(given)
