"""All that somebody knows of a shop who has read every view of schema `bi`, as linear equations; and what follows."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_array

from services.common.vocabulary import AgeBand, Gender, Mood

GENDER_COLUMNS = ("female", "male", "gender_unknown")
BAND_COLUMNS = ("age_0_12", "age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_54", "age_55_64", "age_65")
MOOD_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "mood_unknown")
Row = dict[int, float]


class BiPuzzle:
    """What is shown of a shop, and what must add up, over unknowns that are not negative.

    Args:
        connection: of role `bi`.
        shop: its short name.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", shop: str) -> None:
        self._connection = connection
        self._shop = shop
        self._unknowns: dict[tuple[object, ...], int] = {}
        self._equations: list[tuple[Row, float]] = []
        # By kind: the name, and the unknowns that sum to it.
        self.hidden: dict[str, list[tuple[object, list[int]]]] = {}

    async def read(self) -> None:
        """Read every view. Months before days before hours: what has no number in a wider one has none in a finer one."""
        self._days: list[Any] = []
        for row in await self._rows("visitors_by_day"):
            if row["visitors"] is not None or row["shops_hidden"]:
                self._days.append(row["day"])
                self._tell("day", row["day"], [self._unknown("day", row["day"])], row["visitors"])
        await self._read_hours()
        await self._read_columns("gender_age_by_day", GENDER_COLUMNS)
        await self._read_columns("gender_age_by_day", BAND_COLUMNS)
        await self._read_columns("mood_by_day", MOOD_COLUMNS)
        await self._read_months()

    def range_of(self, parts: Sequence[int]) -> tuple[float, float]:
        """Between what and what the sum of these unknowns must be."""
        equal = lil_array((len(self._equations), len(self._unknowns)))
        for i, (row, _) in enumerate(self._equations):
            for column, factor in row.items():
                equal[i, column] = factor
        right = [value for _, value in self._equations]
        sums = []
        for sign in (1, -1):
            wanted = np.zeros(len(self._unknowns))
            wanted[list(parts)] = sign
            found = linprog(wanted, A_eq=equal.tocsr(), b_eq=right, bounds=(0, None), method="highs")
            sums.append(np.inf if found.status == 3 else sign * found.fun)
        return sums[0], sums[1]

    async def _rows(self, view: str) -> list[asyncpg.Record]:
        return await self._connection.fetch(f"select * from bi.{view} where shop = $1", self._shop)

    def _unknown(self, *name: object) -> int:
        return self._unknowns.setdefault(name, len(self._unknowns))

    def _tell(self, kind: str, name: object, parts: list[int], value: Any) -> None:
        if value is None:
            self.hidden.setdefault(kind, []).append((name, parts))
        else:
            self._equations.append((dict.fromkeys(parts, 1.0), float(value)))

    def _add_up(self, parts: Sequence[int], whole: Sequence[int]) -> None:
        self._equations.append((dict.fromkeys(parts, 1.0) | dict.fromkeys(whole, -1.0), 0.0))

    async def _read_hours(self) -> None:
        hours: dict[Any, list[int]] = {}
        for row in await self._rows("visitors_by_hour"):
            if row["visitors"] is not None or row["is_hidden"]:
                part = self._unknown("hour", row["day"], row["hour"])
                hours.setdefault(row["day"], []).append(part)
                self._tell("hour", (row["day"], row["hour"]), [part], row["visitors"])
        for day, parts in hours.items():
            self._add_up(parts, [self._unknown("day", day)])

    async def _read_columns(self, view: str, columns: Sequence[str]) -> None:
        for row in await self._rows(view):
            if not row["is_gap"]:
                parts = [self._unknown(row["day"], name) for name in columns]
                self._add_up(parts, [self._unknown("day", row["day"])])
                for name, part in zip(columns, parts, strict=True):
                    self._tell(columns[0], (row["day"], name), [part], row[name])

    async def _read_months(self) -> None:
        for row in await self._rows("visitors_by_month"):
            if row["visitors"] is not None or row["shops_hidden"]:
                self._tell("month", row["month"], self._of_days("day"), row["visitors"])
        for row in await self._rows("mood_by_month"):
            if row["visitors"] is not None or row["is_hidden"]:
                name = MOOD_COLUMNS[list(Mood).index(Mood(row["mood"]))]
                self._tell("mood of a month", name, self._of_days(name), row["visitors"])
        for row in await self._rows("gender_age_by_month"):
            if row["visitors"] is not None or row["is_hidden"]:
                part = self._unknown("month", row["gender"], row["age_band"])
                self._tell("cell of a month", (row["gender"], row["age_band"]), [part], row["visitors"])
        for gender, name in zip(Gender, GENDER_COLUMNS, strict=True):
            self._add_up([self._unknown("month", gender, band) for band in AgeBand], self._of_days(name))
        for band, name in zip(AgeBand, BAND_COLUMNS, strict=True):
            self._add_up([self._unknown("month", gender, band) for gender in Gender], self._of_days(name))

    def _of_days(self, name: str) -> list[int]:
        return [self._unknown(*(("day", day) if name == "day" else (day, name))) for day in self._days]
