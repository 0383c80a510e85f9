"""One month of the year: drawn shop by shop, summed up for cities, regions and the world, and copied into Postgres."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any, Final

import asyncpg
import numpy as np
import numpy.typing as npt

from bench.year.binary_copy import HEADER, TRAILER, day_number, rows
from bench.year.cameras import CAMERA_DAY_COLUMNS, CameraHours, camera_days, draw_uploads, uploads
from bench.year.curves import CELLS, mixes
from bench.year.estate import CAMERAS_EACH
from bench.year.plan import Plan

_HOUR_COLUMNS: Final = ["scope_id", "local_day", "local_hour", "open_hours", "cameras_due", "cameras_seen", "cells"]
_DAY_COLUMNS: Final = [name for name in _HOUR_COLUMNS if name != "local_hour"]
_MONTH_COLUMNS: Final = ["first_day" if name == "local_day" else name for name in _DAY_COLUMNS]
_UPLOADS: Final = ["camera_id", "local_day", "local_hour", "outcome", "uploads"]
# Of a camera's hours so many are without a photo although nothing is wrong.
_QUIET: Final = 0.003
# Rows of uploads, in bytes, that are copied together.
_ASIDE_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Ids:
    """What the database calls things: scopes by (kind, slug), the world's slug being empty; cameras by slug."""

    scopes: dict[tuple[str, str], int]
    cameras: dict[str, int]


@dataclass(slots=True)
class Sums:
    """Tallies of a place, hour by hour: cells (days, 24, 192); open hours, cameras due and seen (days, 24, 3)."""

    cells: npt.NDArray[np.int32]
    hours: npt.NDArray[np.int32]

    @classmethod
    def nothing(cls, days: int) -> "Sums":
        """Of no shop."""
        return cls(np.zeros((days, 24, CELLS), np.int32), np.zeros((days, 24, 3), np.int32))

    def add(self, other: "Sums") -> None:
        """Count another place in."""
        self.cells += other.cells
        self.hours += other.hours


@dataclass(slots=True)
class Month:
    """The month of some days of a plan."""

    plan: Plan
    ids: Ids
    days: slice
    day_rows: list[bytes] = field(default_factory=list)
    month_rows: list[bytes] = field(default_factory=list)
    camera_rows: list[bytes] = field(default_factory=list)
    upload_rows: list[bytes] = field(default_factory=list)

    @property
    def dates(self) -> list[date]:
        """Its days."""
        return self.plan.days[self.days]

    @property
    def length(self) -> int:
        """How many they are."""
        return self.days.stop - self.days.start

    def draw(self, position: int) -> Sums:
        """Visitors of a shop; its cameras' rows are put aside."""
        plan, troubles = self.plan, self.plan.troubles
        random = np.random.default_rng([plan.seed, 6, self.days.start, position])
        weights = np.random.default_rng([plan.seed, 7, position]).dirichlet(np.full(CAMERAS_EACH, 6.0))
        enabled = ~troubles.disabled[position]
        sums = Sums.nothing(self.length)
        day, hour = np.nonzero(plan.known(position, self.days))
        if not len(day) or not enabled.any():
            return sums
        works = (troubles.seen[position][:, self.days].T & enabled)[day]  # (rows, cameras)
        works &= random.random(works.shape) >= _QUIET
        weights = weights * enabled / (weights * enabled).sum()
        weekend = np.array([date.weekday() >= 5 for date in self.dates]).astype(int)
        mix = mixes(plan.shops[position], position, self.dates[0].month, plan.seed)
        share = (works * weights).sum(axis=1)
        expected = plan.expected[position, self.days][day, hour] * share
        cells = random.poisson(expected[:, None] * mix[weekend[day], hour])
        sums.cells[day, hour] = cells
        sums.hours[day, hour] = np.stack([np.ones(len(day)), np.full(len(day), enabled.sum()), works.sum(axis=1)], axis=1)
        ids = np.array([self.ids.cameras[camera] for camera in plan.shops[position].cameras])
        by_camera = CameraHours(ids, day, hour, works, weights, cells.sum(axis=1), troubles.profiles[position])
        by_outcome = draw_uploads(by_camera, random)
        self.camera_rows.append(camera_days(by_camera, by_outcome, self.dates, random))
        recent = np.array([date >= plan.uploads_from for date in self.dates])[day]
        self.upload_rows.append(uploads(by_camera, by_outcome, self.dates, recent))
        return sums

    def hour_rows(self, kind: str, slug: str, sums: Sums) -> bytes:
        """Rows of tally_hour of a place; those of its days and month are put aside."""
        scope = self.ids.scopes[kind, slug]
        day, hour = np.nonzero(sums.hours[..., 0])
        if not len(day):
            return b""
        numbers = np.array([day_number(date) for date in self.dates], np.int32)
        by_day = np.flatnonzero(sums.hours[..., 0].any(axis=1))
        cells, hours = sums.cells.sum(axis=1)[by_day], sums.hours.sum(axis=1)[by_day]
        self.day_rows.append(_tally_rows(scope, {"day": numbers[by_day]}, cells, hours))
        first = np.array([day_number(self.dates[0].replace(day=1))], np.int32)
        self.month_rows.append(_tally_rows(scope, {"day": first}, cells.sum(axis=0)[None], hours.sum(axis=0)[None]))
        when = {"day": numbers[day], "hour": hour.astype(np.int16)}
        return _tally_rows(scope, when, sums.cells[day, hour], sums.hours[day, hour])

    def places(self, done: Callable[[], None]) -> Iterator[bytes]:
        """Rows of tally_hour, place by place: shops, then their city, region and the world."""
        world = Sums.nothing(self.length)
        shops = list(enumerate(self.plan.shops))
        for region, of_region in groupby(shops, lambda shop: shop[1].city.region):
            region_sums = Sums.nothing(self.length)
            for city, of_city in groupby(of_region, lambda shop: shop[1].city.slug):
                city_sums = Sums.nothing(self.length)
                for position, shop in of_city:
                    sums = self.draw(position)
                    city_sums.add(sums)
                    yield self.hour_rows("shop", shop.slug, sums)
                    done()
                region_sums.add(city_sums)
                yield self.hour_rows("city", city, city_sums)
            world.add(region_sums)
            yield self.hour_rows("region", region, region_sums)
        yield self.hour_rows("world", "", world)


async def fill_month(dsn: str, month: Month, done: Callable[[], None]) -> None:
    """Put a month into the database, whose partitions must be there.

    Args:
        dsn: of the owner.
        month: what to fill.
        done: called after every shop.
    """
    suffix = month.dates[0].strftime("%Y_%m")
    of_hours, of_uploads = f"tally_hour_{suffix}", f"tally_upload_{suffix}"
    connection, aside = await asyncpg.connect(dsn), await asyncpg.connect(dsn)

    async def hours() -> AsyncIterator[bytes]:
        yield HEADER
        for block in month.places(done):
            if block:
                yield block
            if sum(map(len, month.upload_rows)) > _ASIDE_BYTES:
                await _copy(aside, of_uploads, _UPLOADS, month.upload_rows, freeze=True)
        yield TRAILER

    try:
        # Tables that were emptied in the same transaction need no journal, and their rows are frozen from the start.
        async with connection.transaction(), aside.transaction():
            await connection.execute(f"truncate {of_hours}")
            await aside.execute(f"truncate {of_uploads}")
            await connection.copy_to_table(
                of_hours, source=hours(), columns=_HOUR_COLUMNS, format="binary", freeze=True
            )
            await _copy(aside, of_uploads, _UPLOADS, month.upload_rows, freeze=True)
        await _copy(connection, "tally_day", _DAY_COLUMNS, month.day_rows)
        await _copy(connection, "tally_month", _MONTH_COLUMNS, month.month_rows)
        await _copy(connection, "tally_camera_day", CAMERA_DAY_COLUMNS, month.camera_rows)
    finally:
        await connection.close()
        await aside.close()


async def _copy(connection: Any, table: str, columns: list[str], blocks: list[bytes], *, freeze: bool = False) -> None:
    """Copy rows, and forget them."""
    content = BytesIO(b"".join((HEADER, *blocks, TRAILER)))
    blocks.clear()
    await connection.copy_to_table(table, source=content, columns=columns, format="binary", freeze=freeze)


def _tally_rows(scope: int, when: dict[str, Any], cells: npt.NDArray[Any], hours: npt.NDArray[Any]) -> bytes:
    columns: dict[str, Any] = {"scope": np.full(len(cells), scope, np.int32), **when}
    columns |= {name: hours[:, at].astype(np.int32) for at, name in enumerate(("open", "due", "seen"))}
    return rows(columns | {"cells": cells.astype(np.int32)})
