"""What of a place's and a period's counts may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.common.vocabulary import NEGATIVE_MOODS, POSITIVE_MOODS, Gender, Mood
from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts, Cube
from services.report.domain.filters import Filters
from services.report.domain.shown.some import indexes
from services.report.domain.suppression import Published, publish

# Of fewer visitors than this many times the least count, nothing is said of places' and hours' ages.
_ENOUGH_FOR_AGES: Final = 3


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """Visitors of a place and a time, as far as they may be shown; None where something is hidden or unknown.

    Args:
        genders: in the order of GENDERS.
        bands: in the order of BANDS.
        moods: in the order of MOODS.
        women_share: of those whose gender is known, 0 to 1.
        mood_index: -100 to 100.
        median_age_years: whole years.
        coverage: 0 to 1; never hidden, None when nothing was due.
    """

    visitors: int | None
    genders: tuple[int | None, ...]
    bands: tuple[int | None, ...]
    moods: tuple[int | None, ...]
    women_share: float | None
    mood_index: float | None
    median_age_years: int | None
    coverage: float | None


def shown_cube(cube: Cube, hours: Counts, filters: Filters, threshold: int) -> tuple[Published, ShownCounts]:
    """The table of everybody, of which every filter is a slice; and what it says of those who pass the filters.

    Args:
        cube: visitors by gender, age band and mood.
        hours: how much of the time was covered.
        filters: whom the numbers are about.
        threshold: the least count that is shown.
    """
    table = publish(cube, threshold)
    gender, band, mood = indexes(filters)
    visitors = table.at(gender, band, mood)
    exact = table.values[gender, :-1, mood]
    genders = _line(table, (None, band, mood), filters.gender, GENDERS)
    moods = _line(table, (gender, band, None), filters.mood, MOODS)
    return table, ShownCounts(
        visitors,
        genders,
        _line(table, (gender, None, mood), filters.band, BANDS),
        moods,
        _women_share(genders),
        _mood_index(moods, visitors),
        None if visitors is None or filters.band else median_age(tuple(map(int, exact))),
        hours.coverage,
    )


def _line(
    table: Published, index: tuple[int | None, ...], only: object, names: Sequence[object]
) -> tuple[int | None, ...]:
    """Along one axis; where one of it was asked for, the others are nobody."""
    line = table.line(*index)
    return line if only is None else tuple(n if name == only else 0 for n, name in zip(line, names, strict=True))


def shown_counts(
    counts: Counts, genders: tuple[int | None, ...], bands: tuple[int | None, ...], moods: tuple[int | None, ...]
) -> ShownCounts:
    """Everybody's numbers, of whom a line along each axis may be shown."""
    return ShownCounts(
        counts.visitors,
        genders,
        bands,
        moods,
        _women_share(genders),
        _mood_index(moods, counts.visitors),
        median_age(counts.bands),
        counts.coverage,
    )


def nothing(counts: Counts) -> ShownCounts:
    """No number, and how much of the time was covered."""
    none = (None,) * len(BANDS)
    return ShownCounts(None, none[: len(GENDERS)], none, none, None, None, None, counts.coverage)


def _women_share(genders: tuple[int | None, ...]) -> float | None:
    women, men = genders[GENDERS.index(Gender.FEMALE)], genders[GENDERS.index(Gender.MALE)]
    return None if women is None or men is None or not women + men else women / (women + men)


def _mood_index(moods: tuple[int | None, ...], visitors: int | None) -> float | None:
    """None where it would tell a hidden mood: the sum of the negative ones is known to whoever knows the index."""
    by_mood = dict(zip(MOODS, moods, strict=True))
    hidden = {mood for mood, count in by_mood.items() if count is None}
    if not visitors or hidden & POSITIVE_MOODS or (hidden & NEGATIVE_MOODS and hidden - NEGATIVE_MOODS):
        return None
    positive = sum(by_mood[mood] or 0 for mood in POSITIVE_MOODS)
    others = sum(by_mood[mood] or 0 for mood in (Mood.NEUTRAL, Mood.SURPRISE, Mood.UNKNOWN))
    if hidden:
        negative = visitors - positive - others if hidden <= NEGATIVE_MOODS else _sum(by_mood, NEGATIVE_MOODS)
    else:
        negative = _sum(by_mood, NEGATIVE_MOODS)
    return 100 * (positive - negative) / visitors


def _sum(by_mood: dict[Mood, int | None], moods: frozenset[Mood]) -> int:
    return sum(by_mood[mood] or 0 for mood in moods)


def median_age(bands: tuple[int, ...]) -> int | None:
    """Age of the middle visitor in whole years; None without visitors. Rounded, it gives no band away."""
    years = Counts(sum(bands), (), bands, ()).median_age_years
    return None if years is None else round(years)


# What is said of a place in a list, or of an hour of the week, beside their number: nothing that any hidden count of theirs,
# which their own page hides, could follow from.


def safe_women_share(counts: Counts, threshold: int) -> float | None:
    """Of those whose gender is known; None where any gender's count is small."""
    return counts.women_share if min(counts.genders, default=0) >= threshold else None


def safe_mood_index(counts: Counts, threshold: int) -> float | None:
    """-100 to 100; None where any mood's count is small."""
    return counts.mood_index if min(counts.moods, default=0) >= threshold else None


def safe_median_age(counts: Counts, threshold: int) -> int | None:
    """Whole years; None of few visitors."""
    return median_age(counts.bands) if counts.visitors >= _ENOUGH_FOR_AGES * threshold else None
