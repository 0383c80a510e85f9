"""The whole year before a single face is drawn: shops, days, what is to be expected and what goes wrong."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from bench.year.curves import demand
from bench.year.estate import Shop, make_shops
from bench.year.troubles import Troubles, make_troubles

UPLOADS_KEPT_DAYS: Final = 62


@dataclass(frozen=True)
class Plan:
    """What is filled.

    Args:
        months: how many, back from now.
        count: of shops.
        seed: the same seed at the same hour makes the same year.
        now: UTC; nothing is counted in hours that have not ended by then.
    """

    months: int
    count: int
    seed: int
    now: datetime

    @cached_property
    def days(self) -> list[date]:
        """From so many months ago to the latest date that it is anywhere now."""
        last = (self.now + timedelta(hours=14)).date()
        today = self.now.date()
        months = today.year * 12 + today.month - 1 - self.months
        year, month = divmod(months, 12)
        following = date(year + month // 11, (month + 1) % 12 + 1, 1)
        first = date(year, month + 1, min(today.day, (following - timedelta(days=1)).day))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    @cached_property
    def shops(self) -> list[Shop]:
        """By region and city."""
        return make_shops(self.count, range(self.days[0].year, self.days[-1].year + 2), self.seed)

    @cached_property
    def expected(self) -> npt.NDArray[np.float32]:
        """Visitors to expect, (shops, days, 24); 0 where a shop is closed."""
        return demand(self.shops, self.days, self.seed)

    @cached_property
    def troubles(self) -> Troubles:
        """What goes wrong."""
        return make_troubles(self.shops, len(self.days), self.seed)

    @cached_property
    def months_of_days(self) -> list[slice]:
        """Indices of the days of each month."""
        slices = []
        start = 0
        for _, group in groupby(self.days, lambda day: (day.year, day.month)):
            length = len(list(group))
            slices.append(slice(start, start + length))
            start += length
        return slices

    @property
    def uploads_from(self) -> date:
        """The first day whose uploads are there hour by hour."""
        return self.now.date() - timedelta(days=UPLOADS_KEPT_DAYS)

    def known(self, position: int, days: slice) -> npt.NDArray[np.bool_]:
        """Hours of a shop in which it was open and that have ended, (days, 24)."""
        local = self.now.astimezone(ZoneInfo(self.shops[position].city.time_zone))
        today = (local.date() - self.days[0]).days
        index = np.arange(days.start, days.stop)[:, None]
        ended = (index < today) | ((index == today) & (np.arange(24)[None, :] < local.hour))
        there = index >= self.troubles.open_from[position]
        known: npt.NDArray[np.bool_] = (self.expected[position, days] > 0) & ended & there
        return known


def plan_until_now(months: int, count: int, seed: int) -> Plan:
    """A plan that ends with the hour that has just ended."""
    return Plan(months, count, seed, datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
