"""What the handlers found, as it goes over the wire. Raw counts stay here: only what may be shown goes on."""

from collections.abc import Iterable, Sequence
from itertools import groupby, product
from typing import Protocol, TypeVar

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.cameras import Camera
from services.report.domain.counts import BANDS, GENDERS, MOODS, Counts
from services.report.domain.listed_shops import ListedShop
from services.report.domain.periods import Period
from services.report.domain.places import Place, Setting
from services.report.domain.questions import Asked
from services.report.domain.shown import ShownCounts, ShownHeatCell, ShownPlace, ShownPoint
from services.report.domain.suppression import ALL, Published
from services.report.pages.api.schemas import (
    All,
    CameraNumbers,
    Cell,
    CityEntry,
    Days,
    HeatCell,
    Hours,
    Numbers,
    PlaceName,
    PlaceNumbers,
    Point,
    RegionEntry,
    ShopEntry,
)
from services.report.pages.questions import place_word

T = TypeVar("T", Gender, AgeBand, Mood)


class Found(Protocol):
    """What every answer to a question about a place has."""

    @property
    def asked(self) -> Asked:
        """The question."""

    @property
    def setting(self) -> Setting:
        """The place."""

    @property
    def period(self) -> Period:
        """The days."""


def about(found: Found, min_cell: int) -> dict[str, object]:
    """The fields of `About`."""
    filters = found.asked.filters
    return {
        "place": place(found.setting.place),
        "path": [place(one) for one in found.setting.path],
        "period": days(found.period),
        "time_zones": list(found.setting.time_zones),
        "shops": found.setting.shops,
        "gender": filters.gender,
        "band": filters.band,
        "mood": filters.mood,
        "min_cell": min_cell,
    }


def place(which: Place) -> PlaceName:
    """A place's name."""
    return PlaceName(place=word(which), level=which.level, name=which.name)


def word(which: Place) -> str:
    """The word that stands for a place."""
    return place_word(which.level, which.slug)


def days(period: Period) -> Days:
    """A period."""
    return Days(first=period.first, last=period.last)


def other_days(period: Period | None) -> Days | None:
    """The period that is compared with, if any."""
    return None if period is None else days(period)


def hours(counts: Counts) -> Hours:
    """How much of the time was covered."""
    return Hours(
        coverage=share(counts.coverage),
        open_hours=counts.open_hours,
        cameras_due=counts.cameras_due,
        cameras_seen=counts.cameras_seen,
    )


def share(number: float | None) -> float | None:
    """A share or a growth, to a hundredth of a percent."""
    return None if number is None else round(number, 4)


def tenths(number: float | None) -> float | None:
    """An index or a rate."""
    return None if number is None else round(number, 1)


def numbers(counts: ShownCounts) -> Numbers:
    """Visitors of a place and a period."""
    return Numbers(**_numbers(counts), hidden=counts.visitors is None)


def _numbers(counts: ShownCounts) -> dict[str, object]:
    return {
        "visitors": counts.visitors,
        "coverage": share(counts.coverage),
        "by_gender": dict(zip(GENDERS, counts.genders, strict=True)),
        "by_band": dict(zip(BANDS, counts.bands, strict=True)),
        "by_mood": dict(zip(MOODS, counts.moods, strict=True)),
        "women_share": share(counts.women_share),
        "mood_index": tenths(counts.mood_index),
        "median_age_years": counts.median_age_years,
    }


def points(shown: Iterable[ShownPoint]) -> list[Point]:
    """Visitors over time. Of a step of which nothing is known no number is sent, not even 0."""
    found = []
    for point in shown:
        values = _numbers(point.counts)
        unknown = point.is_gap or point.was_closed
        if unknown:
            for name, keys in (("by_gender", GENDERS), ("by_band", BANDS), ("by_mood", MOODS)):
                values[name] = dict.fromkeys(keys)
            values |= {"visitors": None, "women_share": None, "mood_index": None, "median_age_years": None}
        found.append(
            Point(
                **values,
                hidden=point.counts.visitors is None and not unknown,
                start=point.start,
                gap=point.is_gap,
                closed=point.was_closed,
            )
        )
    return found


def cells(table: Published, gender: Gender | None, band: AgeBand | None, mood: Mood | None) -> list[Cell]:
    """Rows of the table and its margins: all of them, or those that were asked for."""
    found = []
    for (i, which), (j, age), (k, feeling) in product(
        _places(GENDERS, gender), _places(BANDS, band), _places(MOODS, mood)
    ):
        visitors = table.at(i, j, k)
        found.append(Cell(gender=which, band=age, mood=feeling, visitors=visitors, hidden=visitors is None))
    return found


def _places(names: Sequence[T], only: T | None) -> list[tuple[int, T | All]]:
    every: list[tuple[int, T | All]] = [(place, name) for place, name in enumerate(names) if only in (None, name)]
    if only is None:
        every.append((ALL, "all"))
    return every


def heat(shown: Iterable[ShownHeatCell]) -> list[HeatCell]:
    """Visitors by weekday and hour."""
    return [
        HeatCell(
            weekday=cell.weekday,
            hour=cell.hour,
            visitors=cell.visitors,
            hidden=cell.visitors is None and not cell.is_gap,
            gap=cell.is_gap,
            coverage=share(cell.coverage),
            mood_index=cell.mood_index,
            median_age_years=cell.median_age_years,
        )
        for cell in shown
    ]


def place_numbers(shown: ShownPlace) -> PlaceNumbers:
    """A place among others."""
    return PlaceNumbers(**place_values(shown))


def place_values(shown: ShownPlace) -> dict[str, object]:
    """The fields of `PlaceNumbers`."""
    gap, closed = shown.counts.is_gap, shown.counts.was_closed
    return {
        "place": place(shown.site.place),
        "city": shown.site.city or None,
        "region": shown.site.region or None,
        "visitors": shown.visitors,
        "hidden": shown.visitors is None and not gap and not closed,
        "gap": gap,
        "closed": closed,
        "coverage": share(shown.coverage),
        "women_share": share(shown.women_share),
        "mood_index": tenths(shown.mood_index),
        "median_age_years": shown.median_age_years,
        "change": share(shown.change),
        "per_open_hour": tenths(shown.per_open_hour),
    }


def camera(seen: Camera) -> CameraNumbers:
    """How a camera is."""
    return CameraNumbers(
        camera=seen.camera,
        shop=seen.shop,
        shop_name=seen.shop_name,
        city_name=seen.city_name,
        time_zone=seen.time_zone,
        state=seen.state,
        trouble=seen.trouble,
        troubles=list(seen.troubles),
        last_photo=seen.last_photo_at.replace(microsecond=0) if seen.last_photo_at else None,
        drift_s=tenths(seen.drift_s),
        photos=seen.photos,
        no_face_share=share(seen.no_face.share),
        too_small_share=share(seen.too_small.share),
        too_dark_share=share(seen.too_dark.share),
        refused_share=share(seen.turned_down.share),
        not_recognised=seen.is_catch_all,
    )


def tree(shops: Sequence[ListedShop]) -> list[RegionEntry]:
    """Regions with their cities with their shops; they come in order."""
    return [
        RegionEntry(
            place=word(region),
            name=region.name,
            numbers=(own := list(of_region))[0].sees_region,
            cities=[
                CityEntry(
                    place=word(city),
                    name=city.name,
                    numbers=(inside := list(of_city))[0].sees_city,
                    shops=[
                        ShopEntry(place=word(shop.shop), name=shop.shop.name, time_zone=shop.time_zone)
                        for shop in inside
                    ],
                )
                for city, of_city in groupby(own, lambda shop: shop.city)
            ],
        )
        for region, of_region in groupby(shops, lambda shop: shop.region)
    ]
