"""Batches: bounded, in order, and one that fails takes nobody else with it."""

import asyncio
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.domain import CHIP_SIDE_PX, Estimates


@dataclass
class Columns:
    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]


@dataclass
class EchoModel:
    """Estimates the first byte of a chip as its age, and notes the size of each pass."""

    version: str = "echo"
    passes: list[int] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    fail: bool = False

    def predict(self, chips: NDArray[np.uint8]) -> Estimates:
        assert self.go.wait(10)
        if self.fail:
            raise RuntimeError("out of memory")
        self.passes.append(len(chips))
        n = len(chips)
        ages = chips[:, 0, 0, 0].astype(np.float32)
        return Columns(ages, ages, ages, np.zeros((n, 2), np.float32), np.zeros((n, 7), np.float32))


def chips(*values: int) -> NDArray[np.uint8]:
    return np.stack([np.full((CHIP_SIDE_PX, CHIP_SIDE_PX, 3), value, np.uint8) for value in values])


def ages(estimates: object) -> list[float]:
    return [estimate.age_years for estimate in estimates]  # type: ignore[attr-defined]


async def test_faces_of_several_photos_share_a_pass_and_find_their_way_back() -> None:
    model = EchoModel()
    async with BatchedClassifier.running(model, max_batch_faces=8, max_batch_delay_s=1.0) as classifier:
        waiting = [asyncio.create_task(classifier.estimate(chips(i, i + 100))) for i in range(4)]
        model.go.set()
        results = await asyncio.gather(*waiting)
    assert [ages(result) for result in results] == [[i, i + 100] for i in range(4)]
    assert model.passes == [8], "a full batch does not wait for its delay"


async def test_a_lonely_face_waits_no_longer_than_the_delay() -> None:
    model = EchoModel()
    model.go.set()
    async with BatchedClassifier.running(model, max_batch_faces=8, max_batch_delay_s=0.01) as classifier:
        assert ages(await asyncio.wait_for(classifier.estimate(chips(7)), 5)) == [7]


async def test_no_pass_is_larger_than_allowed_and_a_crowd_takes_several() -> None:
    model = EchoModel()
    model.go.set()
    async with BatchedClassifier.running(model, max_batch_faces=8, max_batch_delay_s=0.01) as classifier:
        crowd, couple = await asyncio.gather(
            classifier.estimate(chips(*range(20))), classifier.estimate(chips(200, 201))
        )
    assert ages(crowd) == list(range(20))
    assert ages(couple) == [200, 201]
    assert max(model.passes) <= 8
    assert sum(model.passes) == 22


async def test_a_pass_that_fails_fails_its_photos_and_the_next_one_works() -> None:
    model = EchoModel(fail=True)
    model.go.set()
    async with BatchedClassifier.running(model, max_batch_faces=8, max_batch_delay_s=0.01) as classifier:
        with pytest.raises(RuntimeError, match="memory"):
            await classifier.estimate(chips(1))
        model.fail = False
        assert ages(await classifier.estimate(chips(2))) == [2]


async def test_a_photo_that_is_given_up_leaves_the_others_alone() -> None:
    model = EchoModel()
    async with BatchedClassifier.running(model, max_batch_faces=8, max_batch_delay_s=0.05) as classifier:
        given_up = asyncio.create_task(classifier.estimate(chips(1)))
        kept = asyncio.create_task(classifier.estimate(chips(2)))
        await asyncio.sleep(0)
        given_up.cancel()
        model.go.set()
        assert ages(await asyncio.wait_for(kept, 5)) == [2]
