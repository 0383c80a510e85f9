"""Our nets give what the reference runtime gives for the same faces."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.predict import EMOTIONS, GENDERS, FaceClassifier
from models.preprocess import CHIP_SIZE_PX

REFERENCE = Path(__file__).parent / "reference"
THEIR_EMOTIONS = ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise")


@pytest.fixture(scope="module")
def chips() -> NDArray[np.uint8]:
    pixels = np.array(Image.open(REFERENCE / "chips.png").convert("RGB"))
    return pixels.reshape(-1, CHIP_SIZE_PX, CHIP_SIZE_PX, 3)


@pytest.fixture(scope="module")
def classifier() -> FaceClassifier:
    return FaceClassifier.load()


def test_ages_genders_and_emotions_equal_the_reference_runtimes(
    classifier: FaceClassifier, chips: NDArray[np.uint8]
) -> None:
    expected = json.loads((REFERENCE / "expected.json").read_text())
    got = classifier.predict(chips)
    np.testing.assert_allclose(got.age_years, expected["age_years"], atol=2e-4)
    male_female = got.gender[:, [GENDERS.index("male"), GENDERS.index("female")]]
    np.testing.assert_allclose(male_female, expected["male_female"], atol=1e-5)
    theirs = got.emotion[:, [EMOTIONS.index(name) for name in THEIR_EMOTIONS]]
    np.testing.assert_allclose(theirs, expected["neutral_happy_sad_angry_fearful_disgusted_surprised"], atol=1e-5)


def test_a_face_gets_the_same_estimate_alone_and_in_a_batch(
    classifier: FaceClassifier, chips: NDArray[np.uint8]
) -> None:
    together = classifier.predict(chips)
    for i in range(len(chips)):
        alone = classifier.predict(chips[i : i + 1])
        np.testing.assert_allclose(alone.age_years[0], together.age_years[i], atol=1e-3)
        np.testing.assert_allclose(alone.emotion[0], together.emotion[i], atol=1e-4)


def test_probabilities_sum_to_one(classifier: FaceClassifier, chips: NDArray[np.uint8]) -> None:
    got = classifier.predict(chips)
    np.testing.assert_allclose(got.gender.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(got.emotion.sum(1), 1, atol=1e-5)


def test_no_faces_give_no_estimates(classifier: FaceClassifier) -> None:
    got = classifier.predict(np.zeros((0, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
    assert got.age_years.shape == (0,)
    assert got.gender.shape == (0, 2)
    assert got.emotion.shape == (0, 7)
