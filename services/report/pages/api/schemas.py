"""What goes over the wire. Descriptions are for those who read /api/openapi.json."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.cameras import CameraState, CameraTrouble
from services.report.domain.league import Measure, Unranked
from services.report.domain.people import Role
from services.report.domain.periods import Step
from services.report.domain.places import Level

All = Literal["all"]
# RFC 3339 wants a zone, which a shop's own time has not: JSON Schema's date-time would be another thing.
LocalTime = Annotated[
    datetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$",
            "examples": ["2026-11-24T17:00:00"],
        }
    ),
]
_FEW = "null where it is hidden"


class Answer(BaseModel):
    """What all answers have in common: nothing is in them that is not described."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    """What is wrong, and what to do."""

    title: str = Field(examples=["There is nothing here"])
    detail: str = Field(examples=["This place is not among those that you may see, or the address has a slip in it."])


class ErrorAnswer(Answer):
    """Every answer that is no success."""

    error: Problem


class PlaceName(Answer):
    """The world, a region, a city, a shop, a group of shops, or all that you may see."""

    place: str = Field(description="The word that stands for it in a query", examples=["city:berlin"])
    level: Level
    name: str = Field(examples=["Berlin"])


class Days(Answer):
    """Whole days, both included, in each shop's own time."""

    first: date
    last: date


class Coverage(Answer):
    """How much of the time cameras looked. It is never hidden."""

    coverage: float | None = Field(
        description="Share of the hours due in which cameras sent photos, 0 to 1; null when nothing was due",
        examples=[0.9875],
    )


class Hours(Coverage):
    """How much of the time cameras looked, in hours. They are never hidden."""

    open_hours: int = Field(description="Hours that shops were open, of all of them together")
    cameras_due: int = Field(description="Hours in which cameras had to send photos, each camera's on its own")
    cameras_seen: int = Field(description="Hours in which they did")


class Count(Coverage):
    """A number of visitors, with how much of the time it is of."""

    visitors: int | None = Field(description="null where it is hidden or unknown: `hidden`, `gap`, `closed` say which")
    hidden: bool = Field(description="It is small, or would give a small one away")


class Numbers(Count):
    """Visitors and who they were. `visitors` is null where it is hidden, and so is each number of the three tables."""

    by_gender: dict[Gender, int | None] = Field(description=f"{_FEW} or unknown")
    by_band: dict[AgeBand, int | None] = Field(description=f"{_FEW} or unknown")
    by_mood: dict[Mood, int | None] = Field(description=f"{_FEW} or unknown")
    women_share: float | None = Field(description="Of those whose gender is known, 0 to 1")
    mood_index: float | None = Field(description="Percent of positive minus percent of negative moods, -100 to 100")
    median_age_years: int | None


class About(Answer):
    """What an answer is about, as it was understood."""

    place: PlaceName
    path: list[PlaceName] = Field(description="From the world to the place itself")
    period: Days
    time_zones: list[str] = Field(description="Of its shops. Days and hours are each shop's own")
    shops: int = Field(description="Shops of the place")
    gender: Gender | None = Field(description="Only visitors of this gender; null: of all")
    band: AgeBand | None = Field(description="Only visitors of this age band; null: of all")
    mood: Mood | None = Field(description="Only visitors in this mood; null: in all")
    min_cell: int = Field(description="Counts under this are hidden", examples=[10])


class OverviewAnswer(About):
    """A place and a period in one set of numbers."""

    now: Numbers
    hours: Hours
    other: Days | None = Field(description="The period that is compared with")
    before: Numbers | None = Field(description="Its numbers")
    change: float | None = Field(
        description="Of visitors against the other period, corrected for missing hours: 0.04 is four percent more. "
        "null where it is hidden, or where less than half of either period is covered"
    )
    year_change: float | None = Field(description="The same, against the same weekdays a year before")
    latest_hour: LocalTime | None = Field(description="Hour of the latest visitor, in the shop's own time")


class Point(Numbers):
    """One step of a period."""

    start: LocalTime = Field(description="In each shop's own time, without a zone")
    gap: bool = Field(description="Shops were open and no camera sent anything: nobody knows")
    closed: bool = Field(description="There was nothing to look at")


class SeriesAnswer(About):
    """Visitors over time."""

    step: Step
    steps: list[Step] = Field(description="That the period may be asked for in")
    points: list[Point]
    other: Days | None
    points_before: list[Point] = Field(description="Of the other period, where there is one")


class Cell(Answer):
    """Visitors of one gender, age band and mood; `all` stands for the sum of them all."""

    gender: Gender | All
    band: AgeBand | All
    mood: Mood | All
    visitors: int | None = Field(description=_FEW)
    hidden: bool


class CellsAnswer(About):
    """The table of visitors by gender, age band and mood, with its margins. Filters choose rows of it."""

    hours: Hours
    cells: list[Cell]


class HeatCell(Count):
    """One hour of one weekday, over the whole period."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday")
    hour: int = Field(ge=0, le=23)
    mood_index: float | None = Field(description="Whole numbers, and only of many visitors")
    median_age_years: int | None
    gap: bool = Field(description="Shops were open and no camera sent anything: nobody knows")


class HeatAnswer(About):
    """Visitors by weekday and hour. Hours in which shops are closed are left out."""

    hours: Hours
    cells: list[HeatCell]


class PlaceNumbers(Count):
    """A place among others."""

    place: PlaceName
    city: str | None = Field(description="Name of the city, of a shop")
    region: str | None = Field(description="Name of the region, of a city or shop")
    women_share: float | None
    mood_index: float | None
    median_age_years: int | None
    change: float | None = Field(description="Of visitors against the other period, corrected for missing hours")
    per_open_hour: float | None = Field(description="Visitors of an open hour, corrected for missing hours")
    gap: bool
    closed: bool


class BreakdownAnswer(About):
    """The places one level further in, the busiest first."""

    hours: Hours
    other: Days | None
    places: list[PlaceNumbers]


class Standing(PlaceNumbers):
    """A shop's place in the league."""

    rank: int | None
    unranked: Unranked | None = Field(description="Why it has no rank: too few visitors, too little coverage, closed")


class LeagueAnswer(About):
    """Shops of a place, ranked."""

    other: Days | None
    sort: Measure
    standings: list[Standing]
    found: int = Field(description="Shops that the letters fit, on all pages")
    ranked: int = Field(description="Shops of the place that have a rank")


class Subject(About):
    """One of those that are compared."""

    now: Numbers
    hours: Hours
    change: float | None = Field(description="Of visitors against the first one, corrected for missing hours")
    points: list[Point]


class CompareAnswer(Answer):
    """Places side by side."""

    step: Step
    subjects: list[Subject]


class CameraName(Answer):
    """A camera and where it hangs."""

    camera: str
    shop: str = Field(description="Short name")
    shop_name: str
    city_name: str
    time_zone: str


class CameraNumbers(CameraName):
    """How a camera is, by its last seven days."""

    state: CameraState
    trouble: CameraTrouble = Field(description="What should be done something about first")
    troubles: list[CameraTrouble]
    last_photo: LocalTime | None = Field(description="In its own time, without a zone")
    drift_s: float | None = Field(description="How fast its clock was then, slow when negative; null: not known")
    photos: int
    no_face_share: float | None = Field(description="Of photos; null where there are too few of them")
    too_small_share: float | None = Field(description="Of faces seen")
    too_dark_share: float | None = Field(description="Of faces looked at")
    refused_share: float | None = Field(description="Of uploads")
    not_recognised: bool = Field(description="It stands for uploads of a shared login whose camera was not recognised")


class CamerasAnswer(Answer):
    """Cameras, the worst first."""

    place: PlaceName | None = Field(description="null for somebody who may see nothing")
    by_state: dict[CameraState, int]
    total: int = Field(description="Cameras on all pages")
    page: int
    pages: int
    cameras: list[CameraNumbers]


class CameraDay(Answer):
    """A day of a camera."""

    day: date
    photos: int | None = Field(description="null where nothing came: a gap, unless the shop was closed")
    refused: int
    closed: bool


class CameraAnswer(Answer):
    """One camera."""

    camera: CameraNumbers
    period: Days
    uploads: dict[str, int] = Field(description="Of the period, by outcome", examples=[{"faces": 120, "no_face": 3}])
    days: list[CameraDay]


class ShopEntry(Answer):
    """A shop that you may see."""

    place: str = Field(examples=["shop:berlin-1"])
    name: str
    time_zone: str


class CityEntry(Answer):
    """A city of which you may see shops."""

    place: str = Field(examples=["city:berlin"])
    name: str
    numbers: bool = Field(description="Whether you may see the city's own numbers")
    shops: list[ShopEntry]


class RegionEntry(Answer):
    """A region of which you may see cities or shops."""

    place: str = Field(examples=["region:europe"])
    name: str
    numbers: bool = Field(description="Whether you may see the region's own numbers")
    cities: list[CityEntry]


class PlacesAnswer(Answer):
    """All places that you may see, as a tree."""

    home: str | None = Field(description="The place that is meant where none is named; null: you may see nothing")
    regions: list[RegionEntry]
    groups: list[PlaceName] = Field(description="Groups of shops of which you may see all")


class MeAnswer(Answer):
    """Who asks."""

    email: str
    name: str
    role: Role
    language: str
    via_token: bool
    home: str | None = Field(description="The place that is meant where none is named; null: you may see nothing")
