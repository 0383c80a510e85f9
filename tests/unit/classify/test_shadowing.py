"""What the shadow says of a photo is passed on beside what is recorded of it, if there is time for it at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from facetally.v1.face_pb2 import (
    ClassifiedFace,
    EmotionProbabilities,
    FaceQuality,
    FacesClassified,
    GenderProbabilities,
    ShadowFaces,
)
from facetally.v1.photo_pb2 import Photo
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from services.classify.domain import CHIP_SIDE_PX, FaceEstimate, Versioned
from services.classify.handler import EstimateInShadow
from tests.fakes.publisher import FakePublisher


@dataclass
class FakeShadowClassifier:
    """Says that everybody is as old as the first byte of their chip."""

    takes: bool = True
    ended: bool = False
    broken: bool = False
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def shadow_takes(self, photo_id: str) -> bool:
        return self.takes

    async def estimate_in_shadow(self, chips: NDArray[np.uint8]) -> Versioned[list[FaceEstimate]] | None:
        await self.free.wait()
        if self.broken:
            raise RuntimeError("out of memory")
        emotion = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        ages = chips[:, 0, 0, 0].tolist()
        estimates = [FaceEstimate(age, age - 5, age + 5, (0.25, 0.75), emotion) for age in ages]
        return None if self.ended else Versioned(estimates, "shadow-1")


@dataclass
class Desk:
    classifier: FakeShadowClassifier
    publisher: FakePublisher
    shadow: EstimateInShadow

    def offer(self, name: str, *qualities: FaceQuality) -> None:
        photo = Photo(photo_id=name, region_id="north", shop_id="shop-1", camera_id="cam-1")
        faces = [
            ClassifiedFace(
                age_years=30,
                gender=GenderProbabilities(female=0.9, male=0.1),
                emotion=EmotionProbabilities(neutral=1),
                quality=quality,
            )
            for quality in qualities
        ]
        shape = (CHIP_SIDE_PX, CHIP_SIDE_PX, 3)
        chips = np.array([np.full(shape, 40 + i, np.uint8) for i in range(len(faces))]).reshape(-1, *shape)
        self.shadow.offer(chips, FacesClassified(photo=photo, faces=faces, classifier_version="in-service-1"))


@asynccontextmanager
async def running(publisher: FakePublisher | None = None) -> AsyncIterator[Desk]:
    classifier, publisher = FakeShadowClassifier(), publisher or FakePublisher()
    shadow = EstimateInShadow(classifier, publisher)
    task = asyncio.create_task(shadow.run())
    await asyncio.sleep(0)
    try:
        yield Desk(classifier, publisher, shadow)
        assert not task.done(), "nothing ends it"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def photos(outcome: str) -> float:
    return REGISTRY.get_sample_value("facetally_classify_shadow_photos_total", {"outcome": outcome}) or 0


async def until(outcome: str, number: float) -> None:
    async with asyncio.timeout(5):
        while photos(outcome) < number:
            await asyncio.sleep(0)


GOOD, REJECTED = FaceQuality.FACE_QUALITY_GOOD, FaceQuality.FACE_QUALITY_REJECTED


async def test_both_estimates_of_each_face_go_on_without_the_faces_that_are_good_for_nothing() -> None:
    before = photos("estimated")
    async with running() as desk:
        desk.classifier.free.set()
        desk.offer("one", GOOD, REJECTED, GOOD)
        desk.offer("nobody")
        desk.offer("only-bad", REJECTED)
        desk.classifier.takes = False
        desk.offer("not-for-it", GOOD)
        await until("estimated", before + 1)
    ((message_id, (subject, message)),) = desk.publisher.published.items()
    assert (message_id, subject) == ("one-shadow-1", "shadow.faces")
    assert isinstance(message, ShadowFaces)
    assert (message.classifier_version, message.shadow_version) == ("in-service-1", "shadow-1")
    assert [(face.face_index, face.recorded.age_years, face.shadow.age_years) for face in message.faces] == [
        (0, 30, 40),
        (2, 30, 42),
    ]
    face = message.faces[0]
    assert face.recorded.gender.female == pytest.approx(0.9)
    assert (face.shadow.gender.female, face.recorded.emotion.neutral, face.shadow.emotion.happiness) == (0.25, 1, 1)
    assert photos("estimated") == before + 1


async def test_what_finds_no_room_is_dropped_at_once_and_counted() -> None:
    dropped, estimated = photos("dropped"), photos("estimated")
    async with running() as desk:
        for number in range(10):
            desk.offer(f"photo-{number}", GOOD)
            await asyncio.sleep(0)
        assert photos("dropped") - dropped == 5, "one is in work, and four wait"
        desk.classifier.free.set()
        await until("estimated", estimated + 5)
    assert len(desk.publisher.published) == 5


async def test_whatever_fails_is_counted_and_ends_nothing() -> None:
    lost, bug, ended, estimated = (photos(outcome) for outcome in ("lost", "bug", "ended", "estimated"))
    async with running(FakePublisher(failures=1)) as desk:
        desk.classifier.free.set()
        desk.offer("lost", GOOD)
        await until("lost", lost + 1)
        desk.classifier.broken = True
        desk.offer("bug", GOOD)
        await until("bug", bug + 1)
        desk.classifier.broken, desk.classifier.ended = False, True
        desk.offer("ended", GOOD)
        await until("ended", ended + 1)
        desk.classifier.ended = False
        desk.offer("fine", GOOD)
        await until("estimated", estimated + 1)
    assert list(desk.publisher.published) == ["fine-shadow-1"]
