"""The job beside the recording: add hours up for every place, say how cameras are, forget what is too old.

It goes in rounds. A step that fails is tried again in the next round, and keeps neither the other steps nor the recording.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from services.common.cameras.health import DAYS
from services.common.cameras.opening_hours import OpeningHours, OpeningHoursError, parse_opening_hours
from services.common.errors import TransientError
from services.common.logging import get_logger
from services.record.domain.camera_health import CameraFacts, CameraHealth, camera_health
from services.record.domain.hours_due import Due, ShopHours, at_most, hours_due
from services.record.domain.retention import Kept, pause_s

_log = get_logger(__name__)
# Most that one round does, so that no transaction takes long: whoever records waits for those that touch its hours.
MOST_HOURS: Final = 1000
MOST_IDS: Final = 20_000
_MOST_HOURS_OF_A_SHOP: Final = 48
_HEALTH_EVERY: Final = timedelta(minutes=1)
_FORGET_EVERY: Final = timedelta(days=1)


class RollupStore(Protocol):
    """Where tallies are added up. All of it may be done by several at once, and again: that changes nothing.

    Every call raises TransientError where the store is away; what it had begun is undone then.
    """

    async def shops_to_look_at(self, now: datetime) -> Sequence[ShopHours]:
        """The shops that are new, or of which an hour may have ended."""
        ...

    async def save_due(self, dues: Sequence[Due]) -> None:
        """Say which hours are due; what was added up from them is out of date."""
        ...

    async def add_up_stale(self, most: int) -> int:
        """Add up what hours of shops are out of date, the latest first; how many of them there were."""
        ...

    async def add_up_moved(self) -> bool:
        """Add up a month of places that have won or lost some that lie in them; whether there was one."""
        ...

    async def stale(self) -> int:
        """How many hours of shops are out of date."""
        ...

    async def cameras(self, days: int) -> Sequence[CameraFacts]:
        """All cameras, with their last so many days."""
        ...

    async def save_health(self, verdicts: Sequence[CameraHealth]) -> None:
        """Say how all cameras are."""
        ...

    async def drop_results(self, before: date) -> None:
        """Drop the months of photos and faces that ended before a day."""
        ...

    async def drop_camera_hours(self, before: date) -> None:
        """Drop the months of uploads by the hour that ended before a day."""
        ...

    async def drop_tallies(self, before: date) -> None:
        """Drop the months of tallies that ended before a day."""
        ...

    async def drop_shadows(self, before: date) -> None:
        """Drop what releases in shadow said of photos from before a day."""
        ...

    async def forget_drawn_faces(self, before: datetime) -> None:
        """Forget the pictures of faces whose photos arrived before a moment, and what people have said of them."""
        ...

    async def forget_counted(self, before: datetime, most: int) -> int:
        """Forget the ids of what was counted before a moment; how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how the job goes.

    Args:
        took: seconds that a round took.
        stale: hours out of date after it.
        failed: a step failed, for whatever reason.
        cameras: how all cameras are, every minute.
    """

    took: Callable[[float], None]
    stale: Callable[[int], None]
    failed: Callable[[], None]
    cameras: Callable[[Sequence[CameraHealth]], None]


class AddUp:
    """The job.

    Args:
        store: holds the tallies.
        kept: for how long.
        clock: tells the time, UTC.
        watch: is told how it goes.
    """

    def __init__(self, store: RollupStore, kept: Kept, clock: Callable[[], datetime], watch: Watch) -> None:
        self._store = store
        self._kept = kept
        self._clock = clock
        self._watch = watch
        self._health_at: datetime | None = None
        self._forgotten_at: datetime | None = None

    async def run(self, stopping: asyncio.Event, least_pause_s: float) -> None:
        """Go round after round until `stopping` is set.

        Args:
            stopping: ends it, after the step that is being done.
            least_pause_s: between rounds; after a long round, the pause is longer.
        """
        while not stopping.is_set():
            began = monotonic()
            await self.round(stopping)
            took = monotonic() - began
            self._watch.took(took)
            try:
                await asyncio.wait_for(stopping.wait(), pause_s(least_pause_s, took))
            except TimeoutError:
                continue

    async def round(self, stopping: asyncio.Event | None = None) -> None:
        """Do every step once, as far as one round goes."""
        for step in (self._look_for_due, self._add_up, self._add_up_moved, self._judge_cameras, self._forget):
            if stopping is not None and stopping.is_set():
                return
            await self._guarded(step)

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        name = step.__name__.strip("_")
        try:
            await step()
        except TransientError as error:
            _log.warning("rollup_delayed", step=name, error=str(error))
            self._watch.failed()
        except Exception:  # noqa: BLE001 - the edge: a bug here must not end the recording
            _log.exception("rollup_bug", step=name)
            self._watch.failed()

    async def _look_for_due(self) -> None:
        now = self._clock()
        dues = [
            hours_due(shop, *found, now, _MOST_HOURS_OF_A_SHOP)
            for shop in await self._store.shops_to_look_at(now)
            if (found := _opening(shop)) is not None
        ]
        if dues:
            await self._store.save_due(at_most(dues, MOST_HOURS))

    async def _add_up(self) -> None:
        await self._store.add_up_stale(MOST_HOURS)
        self._watch.stale(await self._store.stale())

    async def _add_up_moved(self) -> None:
        await self._store.add_up_moved()

    async def _judge_cameras(self) -> None:
        now = self._clock()
        if self._health_at is not None and now - self._health_at < _HEALTH_EVERY:
            return
        verdicts = [
            camera_health(facts, *found, now)
            for facts in await self._store.cameras(DAYS)
            if (found := _opening(facts)) is not None
        ]
        await self._store.save_health(verdicts)
        self._watch.cameras(verdicts)
        self._health_at = now

    async def _forget(self) -> None:
        now = self._clock()
        if self._forgotten_at is not None and now - self._forgotten_at < _FORGET_EVERY:
            return
        await self._store.drop_results(self._kept.results_before(now))
        await self._store.drop_camera_hours(self._kept.camera_hours_before(now))
        await self._store.drop_tallies(self._kept.tallies_before(now))
        await self._store.drop_shadows(self._kept.shadows_before(now))
        if (pictures_before := self._kept.pictures_before(now)) is not None:
            await self._store.forget_drawn_faces(pictures_before)
        if await self._store.forget_counted(self._kept.ids_before(now), MOST_IDS) < MOST_IDS:
            self._forgotten_at = now


def _opening(of: ShopHours | CameraFacts) -> tuple[OpeningHours, ZoneInfo] | None:
    """A shop's hours and zone; None where they mean nothing, which the registry does not let happen."""
    try:
        return _parsed(of.opening_hours, of.holidays), ZoneInfo(of.time_zone)
    except (OpeningHoursError, KeyError, ValueError, OSError):
        _log.error("opening_hours_unreadable", shop=of.shop_id)
        return None


@lru_cache(maxsize=4096)
def _parsed(text: str, holidays: tuple[date, ...]) -> OpeningHours:
    return parse_opening_hours(text, holidays)
