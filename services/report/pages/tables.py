"""Numbers of a period, as the tables beside the charts show them."""

from services.report.domain.counts import BANDS, GENDERS, MOODS, difference
from services.report.domain.filters import Filters
from services.report.domain.shown import ShownCounts
from services.report.domain.suppression import ALL, Published
from services.report.pages import names


def columns(table: Published, filters: Filters) -> list[list[int | None]]:
    """Visitors by age band, and last of all ages: one column for each gender and one for everybody.

    Args:
        table: visitors by gender, age band and mood.
        filters: those whom they leave out are 0.
    """
    mood = MOODS.index(filters.mood) if filters.mood else ALL

    def cell(gender: int, band: int) -> int | None:
        is_left_out = (filters.gender and gender not in (ALL, GENDERS.index(filters.gender))) or (
            filters.band and band not in (ALL, BANDS.index(filters.band))
        )
        of = GENDERS.index(filters.gender) if filters.gender and gender == ALL else gender
        among = BANDS.index(filters.band) if filters.band and band == ALL else band
        return 0 if is_left_out else table.at(of, among, mood)

    return [[cell(gender, band) for band in (*range(len(BANDS)), ALL)] for gender in (*range(len(GENDERS)), ALL)]


def mood_shares(now: ShownCounts, before: ShownCounts | None) -> list[tuple[str, float | None, float | None]]:
    """Name of each mood, the happiest first, its share of all visitors, and how much more that is than before."""
    rows: list[tuple[str, float | None, float | None]] = []
    for which in names.MOOD_ORDER:
        share = _share(now, MOODS.index(which))
        earlier = _share(before, MOODS.index(which)) if before else None
        rows.append((names.mood(which), share, difference(share, earlier)))
    return rows


def _share(counts: ShownCounts, mood: int) -> float | None:
    number = counts.moods[mood]
    return None if number is None or not counts.visitors else number / counts.visitors
