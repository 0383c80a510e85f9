"""The JSON API: the reports' numbers for machines."""

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import Level, Tally
from services.report.pages.questions import CityTally, RegionTally, ShopTally, WorldTally

router = APIRouter(prefix="/api/v1", tags=["tallies"])


class PlaceJson(BaseModel):
    """The world, a region, a city or a shop."""

    level: Level
    slug: str = Field(description="Empty for the world")
    name: str


class ChildJson(PlaceJson):
    """A place one level further in."""

    visitors: int
    women: int
    men: int
    mood_index: float | None


class CameraJson(BaseModel):
    """A camera of a shop."""

    camera: str
    disabled: bool
    uploads: dict[str, int] = Field(description="By outcome")
    clock_drift_s: float | None = Field(
        description="How fast its clock was at its last photo, slow when negative; null where uploads do not say"
    )
    not_recognised: bool = Field(description="It stands for uploads of a shared login whose camera was not recognised")


class TallyJson(BaseModel):
    """The numbers of one report."""

    path: list[PlaceJson] = Field(description="From the world to the place itself")
    first_day: date = Field(description="In each shop's own time, included")
    last_day: date = Field(description="In each shop's own time, included")
    time_zones: list[str]
    visitors: int
    by_hour: list[int] = Field(description="24 numbers, by hour of the day in each shop's own time")
    by_gender: dict[Gender, int]
    by_age_band: dict[AgeBand, int]
    by_gender_and_age_band: dict[Gender, dict[AgeBand, int]]
    by_mood: dict[Mood, int]
    mood_index: float | None = Field(description="Percent of positive minus percent of negative moods")
    uploads: dict[str, int] = Field(description="By outcome, uploads that were refused included")
    latest_hour: datetime | None = Field(description="Local hour of the latest photo")
    inside: list[ChildJson]
    cameras: list[CameraJson]


def as_json(tally: Tally) -> TallyJson:
    """A report's numbers as they go over the wire."""
    visitors = tally.visitors
    latest = tally.latest
    return TallyJson(
        path=[PlaceJson(level=place.level, slug=place.slug, name=place.name) for place in tally.setting.path],
        first_day=tally.period.first,
        last_day=tally.period.last,
        time_zones=list(tally.setting.time_zones),
        visitors=visitors.total,
        by_hour=list(visitors.by_hour),
        by_gender=visitors.by_gender,
        by_age_band=visitors.by_age,
        by_gender_and_age_band=visitors.by_gender_and_age,
        by_mood=visitors.by_mood,
        mood_index=visitors.mood_index,
        uploads=tally.uploads,
        latest_hour=datetime(latest[0].year, latest[0].month, latest[0].day, latest[1]) if latest else None,  # noqa: DTZ001 - it is local
        inside=[
            ChildJson(
                level=child.place.level,
                slug=child.place.slug,
                name=child.place.name,
                visitors=child.visitors,
                women=child.women,
                men=child.men,
                mood_index=child.mood_index,
            )
            for child in tally.children
        ],
        cameras=[
            CameraJson(
                camera=camera.camera,
                disabled=camera.disabled,
                uploads=camera.by_outcome,
                clock_drift_s=camera.drift_s,
                not_recognised=camera.is_catch_all,
            )
            for camera in tally.cameras
        ],
    )


@router.get("/world/tally")
async def world(tally: WorldTally) -> TallyJson:
    """The whole estate."""
    return as_json(tally)


@router.get("/regions/{slug}/tally")
async def region(tally: RegionTally) -> TallyJson:
    """One region."""
    return as_json(tally)


@router.get("/cities/{slug}/tally")
async def city(tally: CityTally) -> TallyJson:
    """One city."""
    return as_json(tally)


@router.get("/shops/{slug}/tally")
async def shop(tally: ShopTally) -> TallyJson:
    """One shop, with its cameras."""
    return as_json(tally)
