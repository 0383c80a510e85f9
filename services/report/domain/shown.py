"""What of the counts may be shown: small ones are hidden, and with them whatever would give them away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from services.common.vocabulary import NEGATIVE_MOODS, POSITIVE_MOODS, AgeBand, Gender, Mood
from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts, Cube
from services.report.domain.filters import Filters
from services.report.domain.places import Site
from services.report.domain.series import HeatCell, Point
from services.report.domain.suppression import ALL, Published, publish

# Of fewer visitors than this many times the least count, nothing is said of moods or ages but the counts themselves.
_ENOUGH_FOR_AVERAGES: Final = 3


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
    gender = GENDERS.index(filters.gender) if filters.gender else ALL
    band = BANDS.index(filters.band) if filters.band else ALL
    mood = MOODS.index(filters.mood) if filters.mood else ALL
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
        None if visitors is None or filters.band else _median(tuple(map(int, exact))),
        hours.coverage,
    )


def _line(
    table: Published, index: tuple[int | None, ...], only: object, names: Sequence[object]
) -> tuple[int | None, ...]:
    """Along one axis; where one of it was asked for, the others are nobody."""
    line = table.line(*index)
    return line if only is None else tuple(n if name == only else 0 for n, name in zip(line, names, strict=True))


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """One step of a period.

    Args:
        is_gap: nobody looked, so nobody knows.
        was_closed: there was nothing to look at.
    """

    start: datetime
    counts: ShownCounts
    is_gap: bool
    was_closed: bool


def shown_series(points: Sequence[Point], threshold: int) -> tuple[ShownPoint, ...]:
    """Every step, with small counts hidden along time and across genders, bands and moods."""
    if not points:
        return ()
    everyone = [point.counts for point in points]
    empty = np.array([counts.is_gap or counts.was_closed for counts in everyone])
    genders, bands, moods = (
        publish(table, threshold, np.broadcast_to(empty[:, None], table.shape))
        for table in (_table(everyone, name) for name in ("genders", "bands", "moods"))
    )
    # A step's total is in all three tables: hidden in one of them, it is hidden with all that adds up to it.
    hidden = genders.hidden[:, ALL] | bands.hidden[:, ALL] | moods.hidden[:, ALL]
    return tuple(
        ShownPoint(
            point.start,
            _nothing(counts)
            if hidden[i]
            else _shown(counts, genders.line(i, None), bands.line(i, None), moods.line(i, None)),
            counts.is_gap,
            counts.was_closed,
        )
        for i, (point, counts) in enumerate(zip(points, everyone, strict=True))
    )


@dataclass(frozen=True, slots=True)
class ShownHeatCell:
    """One hour of one weekday. `visitors` is None where it is hidden, and nothing is there where shops are closed."""

    weekday: int
    hour: int
    visitors: int | None
    mood_index: float | None
    median_age_years: int | None
    coverage: float | None
    is_gap: bool


def shown_heat(cells: Sequence[HeatCell], threshold: int) -> tuple[ShownHeatCell, ...]:
    """Every hour in which anything may have happened, with small counts hidden along days and hours."""
    table = np.zeros((7, 24), dtype=np.int64)
    closed = np.ones((7, 24), dtype=np.bool_)
    for cell in cells:
        table[cell.weekday, cell.hour] = cell.counts.visitors
        closed[cell.weekday, cell.hour] = cell.counts.is_gap or cell.counts.was_closed
    published = publish(table, threshold, closed)
    shown = []
    for cell in cells:
        counts = cell.counts
        if counts.was_closed:
            continue
        visitors = None if counts.is_gap else published.at(cell.weekday, cell.hour)
        enough = visitors is not None and visitors >= _ENOUGH_FOR_AVERAGES * threshold
        index = counts.mood_index
        shown.append(
            ShownHeatCell(
                cell.weekday,
                cell.hour,
                visitors,
                round(index) if enough and index is not None else None,
                _median(counts.bands) if enough else None,
                counts.coverage,
                counts.is_gap,
            )
        )
    return tuple(shown)


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """One place of several.

    Args:
        change: of visitors against the other period, as a share; None where it is hidden or would say nothing.
        per_open_hour: visitors of an hour in which it is open, corrected for missing hours.
    """

    site: Site
    visitors: int | None
    women_share: float | None
    mood_index: float | None
    median_age_years: int | None
    coverage: float | None
    change: float | None
    per_open_hour: float | None
    counts: Counts


def shown_places(
    sites: Sequence[Site], now: dict[int, Counts], changes: dict[int, float | None], nobody: Counts, threshold: int
) -> tuple[ShownPlace, ...]:
    """Places that make up another one, in the order given, with small ones hidden.

    Args:
        sites: all of them, so that their numbers add up to the whole.
        now: by scope; missing ones had nobody.
        changes: by scope.
        nobody: what is said of a missing one.
        threshold: the least count that is shown.
    """
    if not sites:
        return ()
    everyone = [now.get(site.scope_id, nobody) for site in sites]
    empty = np.array([counts.is_gap or counts.was_closed for counts in everyone])
    visitors = publish(np.array([counts.visitors for counts in everyone], dtype=np.int64), threshold, empty)
    shown = []
    for i, (site, counts) in enumerate(zip(sites, everyone, strict=True)):
        number = None if empty[i] else visitors.at(i)
        enough = number is not None and number >= _ENOUGH_FOR_AVERAGES * threshold
        shown.append(
            ShownPlace(
                site,
                number,
                counts.women_share if enough else None,
                counts.mood_index if enough else None,
                _median(counts.bands) if enough else None,
                counts.coverage,
                changes.get(site.scope_id) if number is not None else None,
                counts.per_open_hour if number is not None else None,
                counts,
            )
        )
    return tuple(shown)


def _table(everyone: Sequence[Counts], name: str) -> npt.NDArray[np.int64]:
    return np.array([getattr(counts, name) for counts in everyone], dtype=np.int64)


def _shown(
    counts: Counts, genders: tuple[int | None, ...], bands: tuple[int | None, ...], moods: tuple[int | None, ...]
) -> ShownCounts:
    return ShownCounts(
        counts.visitors,
        genders,
        bands,
        moods,
        _women_share(genders),
        _mood_index(moods, counts.visitors),
        _median(counts.bands),
        counts.coverage,
    )


def _nothing(counts: Counts) -> ShownCounts:
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


def _median(bands: tuple[int, ...]) -> int | None:
    years = Counts(sum(bands), (), bands, ()).median_age_years
    return None if years is None else round(years)


def bands_of(counts: ShownCounts) -> dict[AgeBand, int | None]:
    """Visitors by age band."""
    return dict(zip(BANDS, counts.bands, strict=True))
