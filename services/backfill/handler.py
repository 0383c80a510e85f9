"""Estimate the faces of a period again, batch by batch, whenever the photos that come in leave time for it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from services.backfill.domain import Estimates, Job, Period, StoredPhoto
from services.common.errors import PermanentError, TransientError

_TRY_AGAIN_S = 2.0
# Photos of which a version is taken out of tallies, or put back, in one transaction: whoever records waits for those that touch its hours.
_MOST_SETTLED = 500


class Results(Protocol):
    """What was recorded. Every method raises TransientError where the database is away; what it had begun is undone then."""

    async def job(self, release: str, version: str, period: Period) -> Job:
        """The job that is not done yet of this version and period, or a new one."""
        ...

    async def remaining(self, job: Job) -> int:
        """Photos that the job has not come to."""
        ...

    async def next_photos(self, job: Job, most: int) -> Sequence[StoredPhoto]:
        """The next photos that are not of the job's version."""
        ...

    async def save(self, job: Job, photos: Sequence[StoredPhoto], estimates: Estimates) -> None:
        """Keep estimates, bring tallies in line, and move the job behind the photos, all or nothing. The others are skipped.

        Raises:
            BackfillError: somebody else has moved the job.
        """
        ...

    async def finish(self, job: Job) -> None:
        """Say that the job is done."""
        ...


class Photos(Protocol):
    """Where photos are kept."""

    async def get(self, key: str) -> bytes:
        """The photo.

        Raises:
            PermanentError: it is not there any more.
            TransientError: the store is away.
        """
        ...


class Models(Protocol):
    """What estimates."""

    @property
    def version(self) -> str:
        """Names it."""
        ...

    async def estimate(self, photos: Sequence[tuple[StoredPhoto, bytes]]) -> Estimates:
        """Estimates of the faces in the photos' boxes; a photo that cannot be decoded has none.

        Raises:
            BackfillError: the models say what are no numbers.
        """
        ...


class Traffic(Protocol):
    """The photos that come in."""

    async def waiting(self) -> int:
        """How many wait for detect or classify.

        Raises:
            TransientError: nobody knows.
        """
        ...


class Versions(Protocol):
    """Which versions count in no tally."""

    async def settle(self, version: str, most: int) -> int:
        """Take photos of a version out of tallies or put them back, as it is excluded or not; 0: all are as they should be.

        Raises:
            TransientError: the database is away.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes.

    Args:
        batch_photos: photos of one transaction.
        most_waiting: photos that may wait for detect or classify; while more do, it waits.
        look_again_s: after how long it looks whether they still do.
        patience_s: for how long a server may be away before it gives up.
    """

    batch_photos: int
    most_waiting: int
    look_again_s: float
    patience_s: float


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how it goes.

    Args:
        began: with a job, and how many photos it has still to come to.
        moved: a batch is done.
        waits: so many photos wait for detect or classify, and it waits for them.
        away: a server is away, and it is tried again.
    """

    began: Callable[[Job, int], None]
    moved: Callable[[Job], None]
    waits: Callable[[int], None]
    away: Callable[[str], None]


class Backfill:
    """Estimates periods again."""

    def __init__(
        self, results: Results, photos: Photos, models: Models, traffic: Traffic, pace: Pace, watch: Watch
    ) -> None:
        self._results = results
        self._photos = photos
        self._models = models
        self._traffic = traffic
        self._pace = pace
        self._watch = watch

    async def run(self, release: str, period: Period) -> Job:
        """Go to the end of a period, from where the last run of it was ended; the job as it was then.

        Args:
            release: as it was asked for.
            period: which photos.

        Raises:
            BackfillError: another command is at work on the same period, or the models say what are no numbers.
            TransientError: a server has been away for too long.
        """
        job = await self._results.job(release, self._models.version, period)
        self._watch.began(job, await self._results.remaining(job))
        worked_at = monotonic()
        while True:
            try:
                # Read again each time: a connection that breaks at the end of a transaction does not say whether it was done.
                job = await self._results.job(release, self._models.version, period)
                self._watch.moved(job)
                if not await self._batch(job):
                    await self._results.finish(job)
                    return job
                worked_at = monotonic()
            except TransientError as error:
                if monotonic() - worked_at > self._pace.patience_s:
                    raise
                self._watch.away(str(error))
                await asyncio.sleep(_TRY_AGAIN_S)

    async def _batch(self, job: Job) -> bool:
        """The next photos; whether there were any."""
        await self._give_way()
        photos = await self._results.next_photos(job, self._pace.batch_photos)
        if photos:
            await self._results.save(job, photos, await self._estimates(photos))
        return bool(photos)

    async def _give_way(self) -> None:
        while (waiting := await self._traffic.waiting()) > self._pace.most_waiting:
            self._watch.waits(waiting)
            await asyncio.sleep(self._pace.look_again_s)

    async def _estimates(self, photos: Sequence[StoredPhoto]) -> Estimates:
        with_faces = [photo for photo in photos if photo.boxes]
        found = await asyncio.gather(*(self._found(photo) for photo in with_faces))
        there = [(photo, data) for photo, data in zip(with_faces, found, strict=True) if data is not None]
        nobody: Estimates = {photo.place.photo_id: () for photo in photos if not photo.boxes}
        return nobody | await self._models.estimate(there)

    async def _found(self, photo: StoredPhoto) -> bytes | None:
        try:
            return await self._photos.get(photo.object_key)
        except PermanentError:  # the store keeps photos for some days only
            return None


async def settle(versions: Versions, version: str, settled: Callable[[int], None]) -> int:
    """Bring all photos of a version, and tallies, in line with whether it is excluded; how many photos that took.

    Args:
        versions: which are excluded.
        version: whose photos.
        settled: told of each batch.

    Raises:
        TransientError: the database is away. Doing it again goes on.
    """
    total = 0
    while photos := await versions.settle(version, _MOST_SETTLED):
        settled(photos)
        total += photos
    return total
