"""Which releases of models answer, and how far two of them agree. Pure: sums in, shares out."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from math import sqrt
from typing import Final, NamedTuple, Self

from services.common.vocabulary import AgeBand, Gender

# Of the normal distribution, for an interval that holds the true share in 95 of 100 cases.
_Z: Final = 1.959964
MOODS: Final = 7


class Interval(NamedTuple):
    """A share, and the ends of its 95 % interval after Wilson; all 0 to 1."""

    share: float
    low: float
    high: float


def wilson(those: int, of: int) -> Interval | None:
    """A share of so many, and how sure it is; None of none.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    if not of:
        return None
    share, z2 = those / of, _Z * _Z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Sums over faces that two releases were asked about.

    Args:
        faces: how many.
        age_difference_years: absolute differences of their ages, added up.
        within_5_years: faces whose ages differ by five years at most.
        same_gender: faces of which both say the same gender.
        same_mood: faces of which both say the same mood.
    """

    faces: int = 0
    age_difference_years: float = 0.0
    within_5_years: int = 0
    same_gender: int = 0
    same_mood: int = 0

    def __add__(self, other: Self) -> "Agreement":
        """Of both."""
        return Agreement(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Agreement)))

    @property
    def mean_difference_years(self) -> float | None:
        """Mean absolute difference of the ages, years."""
        return self.age_difference_years / self.faces if self.faces else None

    @property
    def ages(self) -> Interval | None:
        """Share of ages within five years."""
        return wilson(self.within_5_years, self.faces)

    @property
    def genders(self) -> Interval | None:
        """Share of genders that are the same."""
        return wilson(self.same_gender, self.faces)

    @property
    def moods(self) -> Interval | None:
        """Share of moods that are the same."""
        return wilson(self.same_mood, self.faces)


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """Two releases, of one group of faces.

    Args:
        version: whose estimates are recorded; gender and age band are theirs.
        shadow_version: which one was in shadow.
    """

    version: str
    shadow_version: str
    gender: Gender
    band: AgeBand
    sums: Agreement


@dataclass(frozen=True, slots=True)
class Pair:
    """Two releases: of all faces, and group by group."""

    version: str
    shadow_version: str
    total: Agreement
    groups: tuple[GroupAgreement, ...]


def pairs(rows: Sequence[GroupAgreement]) -> tuple[Pair, ...]:
    """The pairs of releases, those with the most faces first; women before men, the young before the old."""
    genders, bands = list(Gender), list(AgeBand)
    found = []
    for version, shadow in dict.fromkeys((row.version, row.shadow_version) for row in rows):
        own = [row for row in rows if (row.version, row.shadow_version) == (version, shadow)]
        own.sort(key=lambda row: (genders.index(row.gender), bands.index(row.band)))
        total = sum((row.sums for row in own), Agreement())
        found.append(Pair(version, shadow, total, tuple(own)))
    return tuple(sorted(found, key=lambda pair: -pair.total.faces))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a release made of photos.

    Args:
        photos: that it answered for.
        visitors: faces that count.
        women: of whom it said so, as of men.
        age_years: their ages, added up.
        moods: how many had each of the seven moods, in the order of Mood.
    """

    photos: int = 0
    visitors: int = 0
    women: int = 0
    men: int = 0
    age_years: float = 0.0
    moods: tuple[int, ...] = (0,) * MOODS

    def __add__(self, other: Self) -> "Tally":
        """Of both."""
        return Tally(
            self.photos + other.photos,
            self.visitors + other.visitors,
            self.women + other.women,
            self.men + other.men,
            self.age_years + other.age_years,
            tuple(mine + theirs for mine, theirs in zip(self.moods, other.moods, strict=True)),
        )

    @property
    def women_share(self) -> Interval | None:
        """Of those whose gender is known."""
        return wilson(self.women, self.women + self.men)

    @property
    def mean_age_years(self) -> float | None:
        """Of all visitors."""
        return self.age_years / self.visitors if self.visitors else None

    def mood_share(self, number: int) -> Interval | None:
        """Of those whose mood is known."""
        return wilson(self.moods[number], sum(self.moods))


@dataclass(frozen=True, slots=True)
class ModelDay:
    """A release on one day.

    Args:
        part: of the photos that was looked at; the tally is of this part.
    """

    version: str
    day: date
    part: float
    tally: Tally


@dataclass(frozen=True, slots=True)
class Answered:
    """How much a release has answered.

    Args:
        photos: how many; where only a part of all was looked at, about so many.
        is_exact: whether all were looked at.
    """

    version: str
    photos: int
    is_exact: bool
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Beside:
    """A release and the others, on the days on which it was not alone."""

    version: str
    days: int
    own: Tally
    rest: Tally


@dataclass(frozen=True, slots=True)
class ExcludedVersion:
    """A release whose results are left out of the reports."""

    version: str
    at: date
    by: str
    reason: str


def answered(days: Sequence[ModelDay]) -> tuple[Answered, ...]:
    """The releases that have answered, the one with the most photos first."""
    found = []
    for version in dict.fromkeys(row.version for row in days):
        own = [row for row in days if row.version == version]
        photos = round(sum(row.tally.photos / row.part for row in own))
        exact = all(row.part >= 1 for row in own)
        found.append(Answered(version, photos, exact, min(row.day for row in own), max(row.day for row in own)))
    return tuple(sorted(found, key=lambda release: -release.photos))


def beside(days: Sequence[ModelDay]) -> tuple[Beside, ...]:
    """Every release but the one with the most photos, and what all others said on the same days: a canary and the rest."""
    found = []
    for release in answered(days)[1:]:
        own = {row.day: row.tally for row in days if row.version == release.version}
        rest = [row for row in days if row.version != release.version and row.day in own]
        shared = {row.day for row in rest}
        if shared:
            found.append(
                Beside(
                    release.version,
                    len(shared),
                    sum((own[day] for day in sorted(shared)), Tally()),
                    sum((row.tally for row in rest), Tally()),
                )
            )
    return tuple(found)
