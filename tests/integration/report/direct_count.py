"""Questions at random, and what a count of the faces says to them."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from services.common.vocabulary import AgeBand, Gender, Mood
from tests.integration.record.estates import BEGIN

ALL = "all"
# shop, city, region, day, hour, gender, band, mood
Face = Any


@dataclass(frozen=True)
class Question:
    """What is asked, and the faces that it is about."""

    level: str
    slug: str
    first: date
    last: date
    filters: dict[str, str]
    faces: list[Face]

    @property
    def words(self) -> dict[str, str]:
        """The query."""
        return {"from": str(self.first), "to": str(self.last), "compare": "none", **self.filters}

    @property
    def place(self) -> str:
        """The place's word."""
        return f"{self.level}:{self.slug}" if self.slug else self.level

    @property
    def page(self) -> str:
        """The place's address."""
        return {"world": "/", "region": "/regions/", "city": "/cities/", "shop": "/shops/"}[self.level] + self.slug

    @property
    def all_of_them(self) -> list[Face]:
        """Faces of the place and the period, whoever they are."""
        return [
            face
            for face in self.faces
            if self.first <= face["day"] <= self.last and (not self.slug or face[self.level] == self.slug)
        ]

    @property
    def chosen(self) -> list[Face]:
        """Those that pass the filters."""
        return [face for face in self.all_of_them if all(face[key] == value for key, value in self.filters.items())]

    def by(self, key: Callable[[Face], object]) -> Counter[object]:
        """Those that pass the filters, counted."""
        return Counter(map(key, self.chosen))

    def by_cell(self) -> Counter[object]:
        """Everybody, by gender, age band and mood, with all sums."""
        found: Counter[object] = Counter()
        for face in self.all_of_them:
            found.update(product((face["gender"], ALL), (face["band"], ALL), (face["mood"], ALL)))
        return found


def ask(chance: random.Random, faces: list[Face]) -> Question:
    """Any place, period and filters."""
    level = chance.choice(["world", "region", "city", "shop"])
    slug = "" if level == "world" else chance.choice(sorted({face[level] for face in faces}))
    first = BEGIN.date() + timedelta(days=chance.choice([-40, -20, -3, -1, 0, 1]))
    kinds: list[tuple[str, list[str]]] = [
        ("gender", [*Gender]),
        ("band", [*AgeBand]),
        ("mood", [*Mood]),
    ]
    filters = {name: str(chance.choice(values)) for name, values in kinds if chance.random() < 0.3}
    return Question(level, slug, first, first + timedelta(days=chance.randint(0, 45)), filters, faces)


class Check:
    """Compares numbers, where a hidden one is None.

    Args:
        min_cell: 0: nothing may be hidden.
    """

    def __init__(self, min_cell: int) -> None:
        self.min_cell = min_cell
        self.compared: Counter[str] = Counter()

    def equal(self, kind: str, pairs: Sequence[tuple[int | None, int]]) -> None:
        """Each shown number is the true one; where some are hidden, one of them is small, or their sum is."""
        hidden = [true for shown, true in pairs if shown is None]
        for shown, true in pairs:
            if shown is not None:
                assert shown == true
                self.compared[kind] += 1
        assert not hidden or min(hidden) < self.min_cell or sum(hidden) == sum(true for _, true in pairs)
        if self.min_cell == 0:
            assert not hidden


def _day(face: Face) -> datetime:
    return datetime.combine(face["day"], datetime.min.time())


# When the steps begin that a face is in.
STARTS: dict[str, Callable[[Face], datetime]] = {
    "hour": lambda face: _day(face) + timedelta(hours=face["hour"]),
    "day": _day,
    "week": lambda face: _day(face) - timedelta(days=face["day"].weekday()),
    "month": lambda face: _day(face).replace(day=1),
}
