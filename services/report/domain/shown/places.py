"""What of several places may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.report.domain.counts import NOBODY, Counts, change
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.places import Site
from services.report.domain.shown.counts import safe_median_age, safe_mood_index, safe_women_share
from services.report.domain.shown.some import Numbers, hide_parts, of_some, totals
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
    before: Mapping[int, Counts],
    threshold: int,
    filters: Filters = EVERYBODY,
    whole: Published | None = None,
) -> tuple[ShownPlace, ...]:
    """Places that make up another one, in the order given, with small ones hidden.

    Args:
        sites: all of them, so that their numbers add up to the whole.
        now: by scope; missing ones had nobody.
        before: in the other period, by scope; nothing is said of a change from a number that is hidden there.
        threshold: the least count that is shown.
        filters: whom the numbers are about.
        whole: the table of all of them together, where it is shown as well.
    """
    if not sites:
        return ()
    everyone, earlier = ([counts.get(site.scope_id, NOBODY) for site in sites] for counts in (now, before))
    numbers = _numbers(everyone, threshold, filters, whole)
    numbers_before = _numbers(earlier, threshold, filters, None)
    shown = []
    for i, (site, counts, number) in enumerate(zip(sites, everyone, numbers, strict=True)):
        is_known = number is not None and not filters.active
        is_comparable = number is not None and numbers_before[i] is not None
        shown.append(
            ShownPlace(
                site,
                number,
                safe_women_share(counts, threshold) if is_known else None,
                safe_mood_index(counts, threshold) if is_known else None,
                safe_median_age(counts, threshold) if is_known else None,
                counts.coverage,
                change(counts.only(filters), earlier[i].only(filters)) if is_comparable else None,
                counts.only(filters).per_open_hour if number is not None else None,
                counts,
            )
        )
    return tuple(shown)


def _numbers(everyone: Sequence[Counts], threshold: int, filters: Filters, whole: Published | None) -> Numbers:
    return of_some(everyone, totals(everyone, hide_parts(threshold)), filters, threshold, whole)
