"""Batches: bounded, in order, no net sees a face for nothing, and one that fails takes nobody else with it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from models.head_pose import head_pose
from models.predict.classifier import AGE_GENDER, EXPRESSION, FaceClassifier
from models.predict.landmarker import FaceLandmarker
from models.preprocess import Crops
from models.registry import read_card
from services.classify.adapters.face_classifier import BatchedClassifier, Columns
from services.classify.domain import CHIP_SIDE_PX, TALLIED, Wanted
from services.common.model_choice import Role

CAMERA = "berlin-1-exit"
SHAPE = np.random.default_rng(2).normal(size=(68, 2)).astype(np.float32)


@dataclass
class EchoModel:
    """Estimates the first byte of a chip as all that there is to say, and notes what each net was given in each pass."""

    version: str = "echo"
    seen: dict[Wanted, list[list[int]]] = field(default_factory=lambda: {estimate: [] for estimate in Wanted})
    go: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    fail: bool = False

    @property
    def passes(self) -> list[int]:
        return [len(faces) for faces in self.seen[Wanted.AGE_AND_GENDER]]

    def ages_and_genders(self, chips: NDArray[np.uint8]) -> Columns:
        self.began.set()
        assert self.go.wait(10)
        if self.fail:
            raise RuntimeError("out of memory")
        ages = self._note(Wanted.AGE_AND_GENDER, chips)
        return ages, ages - 1, ages + 1, np.zeros((len(chips), 2), np.float32)

    def emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.repeat(self._note(Wanted.EMOTION, chips)[:, None], 7, axis=1)

    def landmarks(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._note(Wanted.LANDMARKS, chips)[:, None, None] + SHAPE

    def _note(self, estimate: Wanted, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen[estimate].append([int(chip[0, 0, 0]) for chip in chips])
        return chips[:, 0, 0, 0].astype(np.float32)


def every(_: str) -> bool:
    return True


@asynccontextmanager
async def running(
    model: EchoModel, max_batch_faces: int = 8, max_batch_delay_s: float = 0.01
) -> AsyncIterator[BatchedClassifier]:
    async with BatchedClassifier.running(model, model, max_batch_faces, max_batch_delay_s) as classifier:
        yield classifier


def chips(*values: int) -> NDArray[np.uint8]:
    return np.stack([np.full((CHIP_SIDE_PX, CHIP_SIDE_PX, 3), value, np.uint8) for value in values])


def ages(estimates: object) -> list[float]:
    return [estimate.age_years for estimate in estimates.said]  # type: ignore[attr-defined]


async def test_faces_of_several_photos_share_a_pass_and_find_their_way_back() -> None:
    model = EchoModel()
    async with running(model, max_batch_delay_s=1.0) as classifier:
        waiting = [asyncio.create_task(classifier.estimate(chips(i, i + 100), CAMERA)) for i in range(4)]
        model.go.set()
        results = await asyncio.gather(*waiting)
    assert [ages(result) for result in results] == [[i, i + 100] for i in range(4)]
    assert model.passes == [8], "a full batch does not wait for its delay"


async def test_a_lonely_face_waits_no_longer_than_the_delay() -> None:
    model = EchoModel()
    model.go.set()
    async with running(model) as classifier:
        assert ages(await asyncio.wait_for(classifier.estimate(chips(7), CAMERA), 5)) == [7]


async def test_no_pass_is_larger_than_allowed_and_a_crowd_takes_several() -> None:
    model = EchoModel()
    model.go.set()
    async with running(model) as classifier:
        crowd, couple = await asyncio.gather(
            classifier.estimate(chips(*range(20)), CAMERA), classifier.estimate(chips(200, 201), CAMERA)
        )
    assert ages(crowd) == list(range(20))
    assert ages(couple) == [200, 201]
    assert max(model.passes) <= 8
    assert sum(model.passes) == 22


async def test_a_pass_that_fails_fails_its_photos_and_the_next_one_works() -> None:
    model = EchoModel(fail=True)
    model.go.set()
    async with running(model) as classifier:
        with pytest.raises(RuntimeError, match="memory"):
            await classifier.estimate(chips(1), CAMERA)
        model.fail = False
        assert ages(await classifier.estimate(chips(2), CAMERA)) == [2]


async def test_a_photo_that_is_given_up_leaves_the_others_alone() -> None:
    model = EchoModel()
    async with running(model, max_batch_delay_s=0.05) as classifier:
        given_up = asyncio.create_task(classifier.estimate(chips(1), CAMERA))
        kept = asyncio.create_task(classifier.estimate(chips(2), CAMERA))
        await asyncio.sleep(0)
        given_up.cancel()
        model.go.set()
        assert ages(await asyncio.wait_for(kept, 5)) == [2]


ALL = Wanted.AGE_AND_GENDER | Wanted.EMOTION | Wanted.LANDMARKS
MIXED = [TALLIED, Wanted.LANDMARKS, Wanted.EMOTION, ALL, Wanted.AGE_AND_GENDER | Wanted.LANDMARKS]


async def busy(model: EchoModel, classifier: BatchedClassifier) -> asyncio.Task[object]:
    """The models have a face in their hands, so that all that comes now has to queue."""
    task: asyncio.Task[object] = asyncio.create_task(classifier.estimate(chips(255), CAMERA))
    while not model.began.is_set():
        await asyncio.sleep(0.001)
    return task


async def test_each_net_sees_in_one_go_the_faces_for_which_it_is_wanted_and_no_others() -> None:
    model = EchoModel()
    async with running(model, max_batch_faces=100) as classifier:
        first = await busy(model, classifier)
        asked = [
            asyncio.create_task(classifier.estimate_only(chips(i, i + 100), wanted)) for i, wanted in enumerate(MIXED)
        ]
        tallied = asyncio.create_task(classifier.estimate(chips(9, 109), CAMERA))
        await asyncio.sleep(0)
        model.go.set()
        answers = await asyncio.gather(*asked)
        assert ages(await tallied) == [9, 109]
        await first
    for estimate in Wanted:
        faces = [face for i, wanted in enumerate(MIXED) if estimate in wanted for face in (i, i + 100)]
        tallied_faces = [9, 109] if estimate in TALLIED else []
        assert model.seen[estimate][1:] == [faces, tallied_faces], estimate
    for i, (wanted, (answer, version)) in enumerate(zip(MIXED, answers, strict=True)):
        assert version == "echo"
        by_age, by_emotion, by_landmarks = ([i, i + 100] if estimate in wanted else [] for estimate in Wanted)
        assert answer.age_years.tolist() == by_age
        assert answer.age_low_years.tolist() == [age - 1 for age in by_age]
        assert answer.age_high_years.tolist() == [age + 1 for age in by_age]
        assert answer.gender.shape == (len(by_age), 2)
        assert answer.emotion[:, 0].tolist() == by_emotion
        assert answer.landmarks.shape == (len(by_landmarks), 68, 2)
        assert (answer.landmarks - SHAPE)[:, 67, 1].tolist() == pytest.approx(by_landmarks, abs=1e-3)
        assert answer.pose.shape == (len(by_landmarks), 3)


@dataclass
class CountingNet:
    """A net that counts its runs."""

    outputs: tuple[tuple[int, ...], ...]
    runs: int = 0

    def __call__(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        self.runs += 1
        return tuple(np.ones((len(images), *shape), np.float32) for shape in self.outputs)


@pytest.mark.parametrize("asked", range(1, 8))
async def test_a_net_that_nobody_asks_for_does_not_run(asked: int) -> None:
    nets = CountingNet(((), (2,))), CountingNet(((7,),)), CountingNet(((68, 2),))
    model = FaceClassifier(*nets[:2], (read_card(AGE_GENDER), read_card(EXPRESSION)), Crops.FAST)
    async with BatchedClassifier.running(model, FaceLandmarker(nets[2], "counting"), 8, 0.01) as classifier:
        await classifier.estimate_only(chips(1, 2), Wanted(asked))
        assert [net.runs for net in nets] == [estimate in Wanted(asked) for estimate in Wanted]
        await classifier.estimate(chips(1, 2), CAMERA)
        assert [net.runs for net in nets] == [
            (estimate in Wanted(asked)) + (estimate in TALLIED) for estimate in Wanted
        ]


async def test_poses_are_those_of_the_landmarks() -> None:
    model = EchoModel()
    model.go.set()
    async with running(model) as classifier:
        answer, _ = await classifier.estimate_only(chips(1, 2), Wanted.LANDMARKS)
    for points, pose in zip(answer.landmarks, answer.pose, strict=True):
        expected = head_pose(points)
        assert pose.tolist() == pytest.approx([expected.pitch_deg, expected.yaw_deg, expected.roll_deg], abs=1e-3)


async def test_who_waits_goes_before_what_is_tallied_and_for_no_company() -> None:
    model = EchoModel()
    async with running(model, max_batch_faces=2, max_batch_delay_s=60) as classifier:
        first = asyncio.create_task(classifier.estimate(chips(254, 255), CAMERA))
        while not model.began.is_set():
            await asyncio.sleep(0.001)
        backlog = asyncio.gather(*(classifier.estimate(chips(i), CAMERA) for i in range(4)))
        await asyncio.sleep(0)
        question = asyncio.create_task(classifier.estimate_only(chips(200), TALLIED))
        await asyncio.sleep(0)
        model.go.set()
        assert (await question).said.age_years.tolist() == [200]
        alone, _ = await asyncio.wait_for(classifier.estimate_only(chips(201), TALLIED), 10)
        assert alone.age_years.tolist() == [201]
        await asyncio.gather(first, backlog)
    passes = model.seen[Wanted.EMOTION]
    # Whether the second question comes before the rest of the backlog is a matter of when it is asked.
    assert passes[:2] == [[254, 255], [200]]
    assert sorted(passes[2:]) == [[0, 1], [2, 3], [201]]


async def test_a_crowd_that_somebody_asks_about_takes_several_passes_and_stays_in_order() -> None:
    model = EchoModel()
    model.go.set()
    async with running(model) as classifier:
        answer, _ = await classifier.estimate_only(chips(*range(20)), Wanted.EMOTION)
    assert answer.emotion[:, 0].tolist() == list(range(20))
    assert [len(faces) for faces in model.seen[Wanted.EMOTION]] == [8, 8, 4]
    assert answer.age_years.shape == (0,)
    assert answer.landmarks.shape == (0, 68, 2)


def faces_classified() -> float:
    return REGISTRY.get_sample_value("facetally_classify_faces_total") or 0


async def test_faces_that_somebody_asks_about_do_not_count_as_classified() -> None:
    model = EchoModel()
    model.go.set()
    before = faces_classified()
    async with running(model) as classifier:
        await classifier.estimate(chips(1, 2, 3), CAMERA)
        await classifier.estimate_only(chips(1, 2), ALL)
    assert faces_classified() - before == 3


async def test_another_model_takes_over_between_two_passes_and_nobody_is_answered_by_both() -> None:
    first, second = EchoModel(version="first"), EchoModel(version="second")
    second.go.set()
    async with running(first) as classifier:
        begun = await busy(first, classifier)
        crowd = asyncio.create_task(classifier.estimate(chips(*range(20)), CAMERA))
        await asyncio.sleep(0)
        classifier.put(Role.IN_SERVICE, second, "autumn", every)
        assert classifier.version == "second"
        first.go.set()
        assert (await begun).version == "first"  # type: ignore[attr-defined]
        answer = await crowd
    assert (ages(answer), answer.version) == (list(range(20)), "second")
    info = {"role": "in_service", "version": "second", "release": "autumn"}
    assert REGISTRY.get_sample_value("facetally_classify_model_info", info) == 1


async def test_photos_of_the_canarys_cameras_are_estimated_by_the_canary_and_nothing_else_is() -> None:
    first, canary = EchoModel(version="first"), EchoModel(version="canary")
    first.go.set()
    canary.go.set()
    async with running(first) as classifier:
        classifier.put(Role.CANARY, canary, "autumn", lambda camera: camera == "north")
        here, there, crowd, nobody, asked = await asyncio.gather(
            classifier.estimate(chips(1, 2), "north"),
            classifier.estimate(chips(3, 4), "south"),
            classifier.estimate(chips(*range(20)), "north"),
            classifier.estimate(chips(1)[:0], "north"),
            classifier.estimate_only(chips(5), ALL),
        )
        assert (ages(here), here.version) == ([1, 2], "canary")
        assert (ages(there), there.version) == ([3, 4], "first")
        assert (ages(crowd), crowd.version) == (list(range(20)), "canary")
        assert (nobody.said, nobody.version) == ([], "canary"), "who would have answered"
        assert asked.version == "first"
        classifier.share(Role.CANARY, lambda _: False)
        assert (await classifier.estimate(chips(1), "north")).version == "first"
        classifier.share(Role.CANARY, every)
        assert (await classifier.estimate(chips(1), "north")).version == "canary"
        classifier.end(Role.CANARY)
        assert (await classifier.estimate(chips(1), "north")).version == "first"
    info = {"role": "canary", "version": "canary", "release": "autumn"}
    assert REGISTRY.get_sample_value("facetally_classify_model_info", info) is None


async def test_a_canary_that_fails_costs_no_photo_and_nobody_else_theirs() -> None:
    first, canary = EchoModel(version="first"), EchoModel(version="canary", fail=True)
    first.go.set()
    canary.go.set()
    before = REGISTRY.get_sample_value("facetally_classify_canary_failures_total") or 0
    async with running(first, max_batch_delay_s=0.2) as classifier:
        classifier.put(Role.CANARY, canary, "autumn", lambda camera: camera == "north")
        here, there = await asyncio.gather(
            classifier.estimate(chips(1, 2), "north"), classifier.estimate(chips(3, 4), "south")
        )
    assert (ages(here), here.version, ages(there), there.version) == ([1, 2], "first", [3, 4], "first")
    assert (REGISTRY.get_sample_value("facetally_classify_canary_failures_total") or 0) - before == 1


async def test_the_shadow_begins_only_while_nobody_waits_and_keeps_nobody_waiting() -> None:
    first, shadow = EchoModel(version="first"), EchoModel(version="shadow")
    async with running(first) as classifier:
        assert not classifier.shadow_takes("photo")
        classifier.put(Role.SHADOW, shadow, "autumn", lambda photo: photo == "photo")
        assert (classifier.shadow_takes("photo"), classifier.shadow_takes("another")) == (True, False)
        waited_for = asyncio.create_task(classifier.estimate(chips(1), CAMERA))
        await asyncio.sleep(0)
        looked = asyncio.create_task(classifier.estimate_in_shadow(chips(*range(20))))
        await asyncio.sleep(0.05)
        assert not shadow.began.is_set()
        first.go.set()
        assert (await waited_for).version == "first"
        assert await asyncio.to_thread(shadow.began.wait, 5)
        # It has begun, and does not come to its end: photos do.
        assert ages(await asyncio.wait_for(classifier.estimate(chips(7), CAMERA), 5)) == [7]
        shadow.go.set()
        said = await looked
        assert said is not None
        assert (ages(said), said.version) == (list(range(20)), "shadow")
    assert shadow.passes == [8, 8, 4], "a few faces at a time"
    assert first.passes == [1, 1]


@pytest.mark.parametrize("after", [None, EchoModel(version="another")], ids=["ended", "replaced"])
async def test_what_a_shadow_has_said_in_part_is_not_said(after: EchoModel | None) -> None:
    first, shadow = EchoModel(), EchoModel(version="shadow")
    async with running(first) as classifier:
        classifier.put(Role.SHADOW, shadow, "autumn", every)
        looked = asyncio.create_task(classifier.estimate_in_shadow(chips(*range(20))))
        assert await asyncio.to_thread(shadow.began.wait, 5)
        if after is None:
            classifier.end(Role.SHADOW)
        else:
            after.go.set()
            classifier.put(Role.SHADOW, after, "winter", every)
        shadow.go.set()
        assert await looked is None
    assert first.passes == []


async def test_a_crowd_that_two_models_have_seen_in_part_is_seen_again_by_one() -> None:
    first, second = EchoModel(version="first"), EchoModel(version="second")
    second.go.set()
    async with running(first) as classifier:
        crowd = asyncio.create_task(classifier.estimate(chips(*range(20)), CAMERA))
        while not first.began.is_set():
            await asyncio.sleep(0.001)
        classifier.put(Role.IN_SERVICE, second, "autumn", every)
        first.go.set()
        answer = await crowd
    assert (ages(answer), answer.version) == (list(range(20)), "second")
    assert first.passes == [8]
    assert second.passes == [8, 4, 8, 8, 4]
