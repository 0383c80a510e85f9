"""What every face classifier does, the fake and the real one."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.classifier import FaceClassifier as Model
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.domain import CHIP_SIDE_PX
from services.classify.handler import FaceClassifier
from tests.fakes.face_classifier import FakeFaceClassifier


@pytest.fixture(params=["fake", "models"])
async def classifier(request: pytest.FixtureRequest) -> AsyncIterator[FaceClassifier]:
    if request.param == "fake":
        yield FakeFaceClassifier()
        return
    async with BatchedClassifier.running(Model.load(), max_batch_faces=8, max_batch_delay_s=0.005) as real:
        yield real


def faces(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, CHIP_SIDE_PX, CHIP_SIDE_PX, 3), np.uint8)


async def test_there_is_one_estimate_for_each_face_in_order(classifier: FaceClassifier) -> None:
    chips = faces(11)
    together = await classifier.estimate(chips)
    assert len(together) == 11
    alone = [(await classifier.estimate(chips[i : i + 1]))[0] for i in range(11)]
    assert [e.age_years for e in together] == pytest.approx([e.age_years for e in alone], abs=0.01)


async def test_probabilities_are_probabilities(classifier: FaceClassifier) -> None:
    for estimate in await classifier.estimate(faces(3)):
        assert len(estimate.gender) == 2
        assert len(estimate.emotion) == 7
        assert sum(estimate.gender) == pytest.approx(1, abs=1e-4)
        assert sum(estimate.emotion) == pytest.approx(1, abs=1e-4)


async def test_it_says_which_models_it_uses(classifier: FaceClassifier) -> None:
    assert classifier.version
