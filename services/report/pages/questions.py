"""What an address asks for: a place and a period. Pages and API answer the same questions."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from services.report.domain import Level, Preset, Tally
from services.report.handler import Asked, ReadTally

Slug = Annotated[str, Path(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", description="Short name of a place")]
Period = Annotated[Preset, Query(description="A period that ends today")]
FirstDay = Annotated[date | None, Query(alias="from", description="First day, goes before `period`")]
LastDay = Annotated[date | None, Query(alias="to", description="Last day, goes before `period`")]


async def _world(
    request: Request, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
) -> Tally:
    return await _read(request, Asked(Level.WORLD, "", period, first, last))


def _inside(level: Level) -> Callable[..., Awaitable[Tally]]:
    async def tally(
        request: Request, slug: Slug, period: Period = Preset.FOUR_WEEKS, first: FirstDay = None, last: LastDay = None
    ) -> Tally:
        return await _read(request, Asked(level, slug, period, first, last))

    return tally


async def _read(request: Request, asked: Asked) -> Tally:
    read_tally: ReadTally = request.app.state.read_tally
    return await read_tally(asked)


# The tally that an address asks for; pages and API take it from here.
WorldTally = Annotated[Tally, Depends(_world)]
RegionTally = Annotated[Tally, Depends(_inside(Level.REGION))]
CityTally = Annotated[Tally, Depends(_inside(Level.CITY))]
ShopTally = Annotated[Tally, Depends(_inside(Level.SHOP))]
