"""What every face classifier does, the fake and the real one."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.classifier import FaceClassifier as Model
from models.predict.landmarker import FaceLandmarker
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.domain import CHIP_SIDE_PX, Wanted, estimates_by_face
from services.classify.handler import FaceClassifier
from tests.fakes.face_classifier import FakeFaceClassifier

CAMERA = "berlin-1-exit"


@pytest.fixture(params=["fake", "models"])
async def classifier(request: pytest.FixtureRequest) -> AsyncIterator[FaceClassifier]:
    if request.param == "fake":
        yield FakeFaceClassifier()
        return
    models = Model.load(), FaceLandmarker.load()
    async with BatchedClassifier.running(*models, max_batch_faces=8, max_batch_delay_s=0.005) as real:
        yield real


def faces(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, CHIP_SIDE_PX, CHIP_SIDE_PX, 3), np.uint8)


async def test_there_is_one_estimate_for_each_face_in_order(classifier: FaceClassifier) -> None:
    chips = faces(11)
    together = (await classifier.estimate(chips, CAMERA)).said
    assert len(together) == 11
    alone = [(await classifier.estimate(chips[i : i + 1], CAMERA)).said[0] for i in range(11)]
    assert [e.age_years for e in together] == pytest.approx([e.age_years for e in alone], abs=0.01)


async def test_probabilities_are_probabilities(classifier: FaceClassifier) -> None:
    for estimate in (await classifier.estimate(faces(3), CAMERA)).said:
        assert len(estimate.gender) == 2
        assert len(estimate.emotion) == 7
        assert sum(estimate.gender) == pytest.approx(1, abs=1e-4)
        assert sum(estimate.emotion) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("asked", range(1, 8))
async def test_who_waits_gets_rows_of_what_is_wanted_and_none_of_the_rest(
    classifier: FaceClassifier, asked: int
) -> None:
    estimates, version = await classifier.estimate_only(faces(11), Wanted(asked))
    assert version == classifier.version
    ages, emotions, points = (11 * (estimate in Wanted(asked)) for estimate in Wanted)
    assert [column.shape for column in estimates] == [
        (ages,),
        (ages,),
        (ages,),
        (ages, 2),
        (emotions, 7),
        (points, 68, 2),
        (points, 3),
    ]
    assert {column.dtype for column in estimates} == {np.dtype(np.float32)}


async def test_who_waits_is_told_of_each_face_what_would_be_tallied(classifier: FaceClassifier) -> None:
    chips = faces(11)
    tallied, version = await classifier.estimate(chips, CAMERA)
    everything, _ = await classifier.estimate_only(chips, Wanted.AGE_AND_GENDER | Wanted.EMOTION | Wanted.LANDMARKS)
    assert version == classifier.version
    for told, expected in zip(estimates_by_face(everything), tallied, strict=True):
        assert told.age_years == pytest.approx(expected.age_years, abs=0.01)
        assert (told.age_low_years, told.age_high_years) == pytest.approx(
            (expected.age_low_years, expected.age_high_years), abs=0.01
        )
        assert told.gender == pytest.approx(expected.gender, abs=1e-3)
        assert told.emotion == pytest.approx(expected.emotion, abs=1e-3)


async def test_landmarks_and_poses_of_a_crowd_are_in_its_order(classifier: FaceClassifier) -> None:
    chips = faces(11)
    together, _ = await classifier.estimate_only(chips, Wanted.LANDMARKS)
    for i in range(11):
        alone, _ = await classifier.estimate_only(chips[i : i + 1], Wanted.LANDMARKS)
        np.testing.assert_allclose(alone.landmarks[0], together.landmarks[i], atol=1e-2)
        np.testing.assert_allclose(alone.pose[0], together.pose[i], atol=0.2)


async def test_it_says_which_models_it_uses(classifier: FaceClassifier) -> None:
    assert classifier.version
