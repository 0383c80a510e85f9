"""How many visitors there were, who they were, and how much of the time anybody looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from services.common.vocabulary import NEGATIVE_MOODS, POSITIVE_MOODS, AgeBand, Gender, Mood
from services.report.domain.filters import Filters

GENDERS: Final = tuple(Gender)
BANDS: Final = tuple(AgeBand)
MOODS: Final = tuple(Mood)
# Of a cube: visitors by gender, age band and mood.
CUBE_SHAPE: Final = (len(GENDERS), len(BANDS), len(MOODS))
Cube = npt.NDArray[np.int64]
# Ages at which bands begin, and an end for the last one: those of 65 and more are taken to be up to 80.
_BAND_EDGES: Final = (0, 13, 18, 25, 35, 45, 55, 65, 80)
# With less of the time covered, nothing is said of a change.
MIN_COVERAGE: Final = 0.5
_POSITIVE: Final = tuple(MOODS.index(mood) for mood in POSITIVE_MOODS)
_NEGATIVE: Final = tuple(MOODS.index(mood) for mood in NEGATIVE_MOODS)


@dataclass(frozen=True, slots=True)
class Counts:
    """Visitors of a place and a time.

    Args:
        genders: visitors, in the order of GENDERS; the sums of genders, bands and moods are the same.
        bands: in the order of BANDS.
        moods: in the order of MOODS.
        open_hours: hours that shops were open.
        cameras_due: hours in which cameras had to send photos, each camera's on its own.
        cameras_seen: hours in which they did.
        passing: visitors who pass filters along two axes or three; 0 where no such were asked for.
    """

    visitors: int
    genders: tuple[int, ...]
    bands: tuple[int, ...]
    moods: tuple[int, ...]
    open_hours: int = 0
    cameras_due: int = 0
    cameras_seen: int = 0
    passing: int = 0

    def __add__(self, other: Self) -> "Counts":
        """Both together."""
        return Counts(
            self.visitors + other.visitors,
            _added(self.genders, other.genders),
            _added(self.bands, other.bands),
            _added(self.moods, other.moods),
            self.open_hours + other.open_hours,
            self.cameras_due + other.cameras_due,
            self.cameras_seen + other.cameras_seen,
            self.passing + other.passing,
        )

    def only(self, filters: Filters) -> "Counts":
        """Those who pass the filters, of whom nothing else is known; everybody, where nobody is filtered.

        The filters must be those that the counts were read with.
        """
        if not filters.active:
            return self
        lines = (
            (filters.gender, GENDERS, self.genders),
            (filters.band, BANDS, self.bands),
            (filters.mood, MOODS, self.moods),
        )
        one = [line[names.index(choice)] for choice, names, line in lines if choice is not None]
        visitors = one[0] if len(one) == 1 else self.passing
        return Counts(visitors, (), (), (), self.open_hours, self.cameras_due, self.cameras_seen)

    @property
    def coverage(self) -> float | None:
        """Share of the hours due in which cameras sent photos, 0 to 1; None when nothing was due."""
        return min(1.0, self.cameras_seen / self.cameras_due) if self.cameras_due else None

    @property
    def missing_hours(self) -> int:
        """Hours in which a camera sent nothing though its shop was open."""
        return max(0, self.cameras_due - self.cameras_seen)

    @property
    def is_gap(self) -> bool:
        """Whether nobody looked: the shops were open, and no camera sent anything. Then no visitors means nothing."""
        return self.cameras_due > 0 and self.cameras_seen == 0 and self.visitors == 0

    @property
    def was_closed(self) -> bool:
        """Whether there was nothing to look at."""
        return self.cameras_due == 0 and self.visitors == 0

    @property
    def corrected(self) -> float:
        """Visitors if the missing hours had been like the others."""
        if not self.cameras_due or not self.cameras_seen:
            return float(self.visitors)
        return self.visitors * max(1.0, self.cameras_due / self.cameras_seen)

    @property
    def per_open_hour(self) -> float | None:
        """Visitors of an hour in which a shop is open, corrected for missing hours; None when none was open."""
        return self.corrected / self.open_hours if self.open_hours else None

    @property
    def women_share(self) -> float | None:
        """Women among those whose gender is known, 0 to 1; None when it is of nobody."""
        if not self.genders:
            return None
        women, men = self.genders[GENDERS.index(Gender.FEMALE)], self.genders[GENDERS.index(Gender.MALE)]
        return women / (women + men) if women + men else None

    @property
    def mood_index(self) -> float | None:
        """Percent of positive moods minus percent of negative ones, of all visitors, -100 to 100; None without any."""
        total = sum(self.moods)
        if not total:
            return None
        positive = sum(self.moods[i] for i in _POSITIVE)
        negative = sum(self.moods[i] for i in _NEGATIVE)
        return 100 * (positive - negative) / total

    @property
    def mood_shares(self) -> tuple[float, ...] | None:
        """Of all visitors, 0 to 1, in the order of MOODS; None without any."""
        total = sum(self.moods)
        return tuple(count / total for count in self.moods) if total else None

    @property
    def median_age_years(self) -> float | None:
        """Age of the middle visitor, taking the ages within a band as evenly spread; None without visitors."""
        half = sum(self.bands) / 2
        if not half:
            return None
        seen = 0
        for i, count in enumerate(self.bands):
            if count and seen + count >= half:
                low, high = _BAND_EDGES[i], _BAND_EDGES[i + 1]
                return low + (high - low) * (half - seen) / count
            seen += count
        return float(_BAND_EDGES[-1])


def _added(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


NOBODY: Final = Counts(0, (0,) * len(GENDERS), (0,) * len(BANDS), (0,) * len(MOODS))


def total(counts: Iterable[Counts]) -> Counts:
    """All together."""
    return sum(counts, NOBODY)


def change(now: Counts, before: Counts | None) -> float | None:
    """Growth of visitors as a share, corrected for missing hours: 0.04 is four percent more.

    None where it would say nothing: without visitors before, with less than half of either time covered, or where it is
    known that shops were open for less than half as long in one of them, as before most of them were there.
    """
    if before is None or not before.visitors or not (_is_covered(now) and _is_covered(before)):
        return None
    shorter, longer = sorted((now.open_hours, before.open_hours))
    if 0 < shorter < MIN_COVERAGE * longer:
        return None
    return now.corrected / before.corrected - 1


def _is_covered(counts: Counts) -> bool:
    return counts.coverage is None or counts.coverage >= MIN_COVERAGE


def difference(now: float | None, before: float | None) -> float | None:
    """How much more there is now; None where either is unknown."""
    return None if now is None or before is None else now - before
