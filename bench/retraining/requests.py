"""Requests that go on while models change."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self

from services.common.errors import BadInputError, TransientError
from services.faceapi.domain.faces import Wanted
from services.faceapi.handler.ask_faces import AskFaces

_WANTED: Final = Wanted(age_and_gender=True, emotion=True)
_MIN_FACE_PX: Final = 200
# At a time: more than one waits while models change.
_CLIENTS: Final = 4


@dataclass(slots=True)
class Answered:
    """What came of the requests.

    Args:
        by_version: answers, by the version of the models that gave them.
        errors: requests without an answer, or without a face in it.
        latest: version of the newest answer.
    """

    by_version: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    latest: str = ""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.by_version.total() + self.errors

    async def until(self, holds: Callable[[Self], bool], within_s: float) -> None:
        """Wait until something holds of the answers.

        Raises:
            TimeoutError: it does not for so long.
        """
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def add(self, version: str) -> None:
        """Take an answer, or its absence.

        Args:
            version: of the models; empty where there was none.
        """
        async with self._changed:
            if version:
                self.by_version[version] += 1
                self.latest = version
            else:
                self.errors += 1
            self._changed.notify_all()


@asynccontextmanager
async def requests(ask: AskFaces, photos: Sequence[bytes]) -> AsyncIterator[Answered]:
    """Ask about photos with people, a few at a time and as fast as answers come, as long as the block runs.

    Args:
        ask: detect and classify, as the face API asks them.
        photos: JPEG, each with a face or more.
    """
    answered = Answered()
    stop = asyncio.Event()

    async def go_on() -> None:
        for photo in itertools.cycle(photos):
            if stop.is_set():
                return
            try:
                seen = await ask(photo, _MIN_FACE_PX, _WANTED)
            except (BadInputError, TransientError):
                version = ""
            else:
                version = seen.classifier_version if seen.faces else ""
            await answered.add(version)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_CLIENTS):
            tasks.create_task(go_on())
        try:
            yield answered
        finally:
            stop.set()
