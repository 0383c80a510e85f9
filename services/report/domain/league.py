"""Which shop did how well: a table that can be sorted by any measure, fair to shops that were open or seen for less time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.report.domain.counts import MIN_COVERAGE
from services.report.domain.shown import ShownPlace


class Measure(StrEnum):
    """What shops are ranked by."""

    VISITORS = "visitors"
    PER_OPEN_HOUR = "per_open_hour"
    CHANGE = "change"
    MEDIAN_AGE = "median_age"
    WOMEN = "women"
    MOOD = "mood"
    COVERAGE = "coverage"
    NAME = "name"


_VALUES: Final[dict[Measure, Callable[[ShownPlace], float | None]]] = {
    Measure.VISITORS: lambda place: place.visitors,
    Measure.PER_OPEN_HOUR: lambda place: place.per_open_hour,
    Measure.CHANGE: lambda place: place.change,
    Measure.MEDIAN_AGE: lambda place: place.median_age_years,
    Measure.WOMEN: lambda place: place.women_share,
    Measure.MOOD: lambda place: place.mood_index,
    Measure.COVERAGE: lambda place: place.coverage,
}


class Unranked(StrEnum):
    """Why a shop has no rank."""

    FEW = "few"
    COVERAGE = "coverage"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """A shop's place in the league.

    Args:
        rank: from 1; the same measure gives different ranks only by name. None where `unranked` says why.
    """

    place: ShownPlace
    rank: int | None
    unranked: Unranked | None = None


def standings(places: Sequence[ShownPlace], measure: Measure, *, ascending: bool) -> tuple[Standing, ...]:
    """Every shop, ranked ones first, then those that cannot be, by name.

    Args:
        places: shops.
        measure: what they are ranked by; a shop of which it is unknown comes last among the ranked.
        ascending: the least first.
    """
    fair = [place for place in places if _why_not(place) is None]
    fair.sort(key=lambda place: place.site.place.name, reverse=measure is Measure.NAME and not ascending)
    if measure is not Measure.NAME:
        value, sign = _VALUES[measure], 1 if ascending else -1
        fair.sort(key=lambda place: _last_if_unknown(value(place), sign))
    others = sorted((place for place in places if _why_not(place)), key=lambda place: place.site.place.name)
    return (
        *(Standing(place, rank) for rank, place in enumerate(fair, 1)),
        *(Standing(place, None, _why_not(place)) for place in others),
    )


def _last_if_unknown(value: float | None, sign: int) -> tuple[bool, float]:
    return value is None, 0 if value is None else sign * value


def _why_not(place: ShownPlace) -> Unranked | None:
    if place.counts.was_closed:
        return Unranked.CLOSED
    if place.coverage is not None and place.coverage < MIN_COVERAGE:
        return Unranked.COVERAGE
    return Unranked.FEW if place.visitors is None else None
