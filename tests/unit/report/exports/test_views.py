"""What of each view leaves the service: never a number that its page hides."""

from services.common.vocabulary import Gender, Mood
from services.report.domain.filters import Filters
from services.report.domain.league import Measure
from services.report.domain.places import Level
from services.report.domain.questions import Asked
from services.report.domain.sheets import FEW, Kind
from services.report.handler.compare import Compare
from services.report.handler.explore import Explore
from services.report.handler.league import LeagueAsked, ReadLeague
from services.report.handler.overview import Overview, ReadOverview
from services.report.pages.exports import views
from services.report.pages.exports.export import Export
from tests.fakes.tally_reader import FakeTallies
from tests.unit.report.exports.conftest import NOW, VIEWER

LOUVRE = Asked(Level.SHOP, "paris-louvre")


def counts_of(export: Export) -> list[int]:
    return [
        cell
        for sheet in export.sheets
        for row in sheet.rows
        for column, cell in zip(sheet.columns, row, strict=True)
        if column.kind is Kind.COUNT and isinstance(cell, int) and column.title != "Rank"
    ]


async def test_of_a_shop_where_hardly_anybody_comes_no_count_leaves() -> None:
    export = views.overview(await ReadOverview(FakeTallies(), 10)(1, LOUVRE), VIEWER, NOW)
    assert not counts_of(export)
    assert any(cell is FEW for sheet in export.sheets for row in sheet.rows for cell in row)


async def test_no_small_count_leaves_with_filters_either() -> None:
    filters = Filters(Gender.FEMALE, None, Mood.FEAR)
    asked = Asked(Level.SHOP, "berlin-west", filters=filters)
    export = views.explore(await Explore(FakeTallies(), 10)(1, asked), VIEWER, NOW)
    assert all(count >= 10 for count in counts_of(export) if count)
    assert dict(export.facts)["Who"] == "Women, Afraid"


def test_a_gap_is_empty_and_never_zero(overview: Overview, export: Export) -> None:
    gaps = [i for i, point in enumerate(overview.points) if point.is_gap]
    assert all(export.sheets[0].rows[i][1] is None for i in gaps)


async def test_the_league_keeps_ranks_and_says_who_has_none() -> None:
    read = ReadLeague(FakeTallies(), 10)
    seen = await read(1, Asked(Level.WORLD), LeagueAsked(Measure.VISITORS, limit=None))
    (sheet,) = views.league(seen, VIEWER, NOW).sheets
    assert [row[0] for row in sheet.rows][:3] == [1, 2, 3]
    assert next(row for row in sheet.rows if row[1] == "Louvre")[0] is None


async def test_what_is_compared_stands_side_by_side_and_over_time() -> None:
    asked = [Asked(Level.CITY, "berlin"), Asked(Level.CITY, "tokyo")]
    seen = await Compare(FakeTallies(), 10)(1, asked)
    export = views.compare(seen, ["Berlin", "Tokyo"], VIEWER, NOW)
    assert [sheet.key for sheet in export.sheets] == ["compare", "time-1", "time-2"]
    assert export.place == "Berlin and Tokyo"
    assert export.stem == "compare-berlin-tokyo"
