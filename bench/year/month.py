"""One month of the year: drawn shop by shop, and added up for cities, regions and the world."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.year.binary_copy import day_number
from bench.year.cameras import CameraHours, camera_days, draw_uploads, uploads
from bench.year.curves import CELLS, mixes
from bench.year.estate import CAMERAS_EACH
from bench.year.in_order import Columns, InOrder
from bench.year.plan import Plan

# Of a camera's hours so many are without a photo although nothing is wrong.
_QUIET: Final = 0.003


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
    """The month of some days of a plan, and the rows of its tables once it is drawn."""

    plan: Plan
    ids: Ids
    days: slice
    by_hour: InOrder = field(default_factory=InOrder)
    by_day: InOrder = field(default_factory=InOrder)
    by_month: InOrder = field(default_factory=InOrder)
    by_weekday: InOrder = field(default_factory=InOrder)
    by_camera: InOrder = field(default_factory=InOrder)
    by_upload: InOrder = field(default_factory=InOrder)

    @property
    def dates(self) -> list[date]:
        """Its days."""
        return self.plan.days[self.days]

    @property
    def length(self) -> int:
        """How many they are."""
        return len(self.dates)

    def draw_shop(self, position: int) -> Sums:
        """Visitors of a shop; its cameras' rows are kept."""
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
        sums.hours[day, hour] = np.stack(
            [np.ones(len(day)), np.full(len(day), enabled.sum()), works.sum(axis=1)], axis=1
        )
        ids = np.array([self.ids.cameras[camera] for camera in plan.shops[position].cameras])
        by_camera = CameraHours(ids, day, hour, works, weights, cells.sum(axis=1), troubles.profiles[position])
        by_outcome = draw_uploads(by_camera, random)
        self.by_camera.add(camera_days(by_camera, by_outcome, self.dates, random))
        recent = np.array([date >= plan.uploads_from for date in self.dates])[day]
        self.by_upload.add(uploads(by_camera, by_outcome, self.dates, recent))
        return sums

    def keep(self, kind: str, slug: str, sums: Sums) -> None:
        """Keep the rows of a place."""
        scope = self.ids.scopes[kind, slug]
        day, hour = np.nonzero(sums.hours[..., 0])
        if not len(day):
            return
        numbers = np.array([day_number(date) for date in self.dates], np.int32)
        self.by_hour.add(
            _tallies(scope, numbers[day], sums.cells[day, hour], sums.hours[day, hour], hour=hour.astype(np.int16))
        )
        days = np.flatnonzero(sums.hours[..., 0].any(axis=1))
        cells, hours = sums.cells.sum(axis=1)[days], sums.hours.sum(axis=1)[days]
        self.by_day.add(_tallies(scope, numbers[days], cells, hours))
        first = np.array([day_number(self.dates[0].replace(day=1))], np.int32)
        self.by_month.add(_tallies(scope, first, cells.sum(axis=0)[None], hours.sum(axis=0)[None]))
        weekdays = np.array([date.weekday() for date in self.dates])
        for weekday in range(7):
            cells = sums.cells[weekdays == weekday].sum(axis=0)
            hours = sums.hours[weekdays == weekday].sum(axis=0)
            open_ = np.flatnonzero(hours[:, 0]).astype(np.int16)
            same = np.full(len(open_), weekday, np.int16)
            self.by_weekday.add(
                _tallies(scope, first.repeat(len(open_)), cells[open_], hours[open_], weekday=same, hour=open_)
            )

    def draw(self, done: Callable[[], None]) -> None:
        """Draw all shops, and add them up.

        Args:
            done: called after every shop.
        """
        world = Sums.nothing(self.length)
        shops = list(enumerate(self.plan.shops))
        for region, of_region in groupby(shops, lambda shop: shop[1].city.region):
            region_sums = Sums.nothing(self.length)
            for city, of_city in groupby(of_region, lambda shop: shop[1].city.slug):
                city_sums = Sums.nothing(self.length)
                for position, shop in of_city:
                    sums = self.draw_shop(position)
                    city_sums.add(sums)
                    self.keep("shop", shop.slug, sums)
                    done()
                region_sums.add(city_sums)
                self.keep("city", city, city_sums)
            world.add(region_sums)
            self.keep("region", region, region_sums)
        self.keep("world", "", world)


def _tallies(
    scope: int,
    day: npt.NDArray[np.int32],
    cells: npt.NDArray[np.integer],
    hours: npt.NDArray[np.integer],
    **more: npt.NDArray[np.int16],
) -> Columns:
    """Rows of a table of tallies, in the order of its columns; `more` come after the day."""
    columns: Columns = {"scope_id": np.full(len(day), scope, np.int32), "day": day, **more}
    columns |= {name: hours[:, at].astype(np.int32) for at, name in enumerate(("open", "due", "seen"))}
    return columns | {"cells": cells.astype(np.int32)}
