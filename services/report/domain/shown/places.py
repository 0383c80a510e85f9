"""What of several places may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.report.domain.counts import NOBODY, Counts
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.places import Site
from services.report.domain.shown.counts import ENOUGH_FOR_AVERAGES, median_age
from services.report.domain.shown.some import of_some, totals
from services.report.domain.suppression import Published


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
    sites: Sequence[Site],
    now: Mapping[int, Counts],
    changes: Mapping[int, float | None],
    threshold: int,
    filters: Filters = EVERYBODY,
    whole: Published | None = None,
) -> tuple[ShownPlace, ...]:
    """Places that make up another one, in the order given, with small ones hidden.

    Args:
        sites: all of them, so that their numbers add up to the whole.
        now: by scope; missing ones had nobody.
        changes: by scope.
        threshold: the least count that is shown.
        filters: whom the numbers are about.
        whole: the table of all of them together, where it is shown as well.
    """
    if not sites:
        return ()
    everyone = [now.get(site.scope_id, NOBODY) for site in sites]
    known = totals(everyone, [range(len(sites))], threshold)
    numbers = of_some(everyone, known, filters, threshold, whole)
    shown = []
    for site, counts, number in zip(sites, everyone, numbers, strict=True):
        enough = not filters.active and number is not None and number >= ENOUGH_FOR_AVERAGES * threshold
        shown.append(
            ShownPlace(
                site,
                number,
                counts.women_share if enough else None,
                counts.mood_index if enough else None,
                median_age(counts.bands) if enough else None,
                counts.coverage,
                changes.get(site.scope_id) if number is not None else None,
                counts.only(filters).per_open_hour if number is not None else None,
                counts,
            )
        )
    return tuple(shown)
