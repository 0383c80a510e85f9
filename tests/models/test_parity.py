"""Our nets give what the reference runtime gives for the same faces."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from models.architectures.dlib_age_resnet import DlibAgeResNet
from models.architectures.dlib_gender_cnn import DlibGenderCnn
from models.architectures.dlib_layers import Shrink
from models.predict import EMOTIONS, GENDERS, FaceClassifier
from models.preprocess import CHIP_SIZE_PX
from models.registry import load

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


def images(side_px: int) -> torch.Tensor:
    """The chips as the CC0 nets' reference runtime was given them."""
    pixels = np.array(Image.open(REFERENCE / f"chips-{side_px}.png").convert("RGB"))
    return torch.from_numpy(pixels.reshape(-1, side_px, side_px, 3)).permute(0, 3, 1, 2).float()


def test_ages_of_the_cc0_net_equal_the_reference_runtimes() -> None:
    expected = np.array(json.loads((REFERENCE / "expected-onnx.json").read_text())["ages_0_to_80"], np.float32)
    net, _ = load("cc0-age")
    assert isinstance(net, DlibAgeResNet)
    with torch.inference_mode():
        probabilities, age_years = net.probabilities(images(64)), net(images(64))
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(age_years, expected @ [0.25, *range(1, 81)], atol=2e-4)


def test_genders_of_the_cc0_net_equal_the_reference_runtimes() -> None:
    expected = json.loads((REFERENCE / "expected-onnx.json").read_text())["female_male"]
    net, card = load("cc0-gender")
    assert isinstance(net, DlibGenderCnn)
    assert card.outputs == ("female", "male")
    with torch.inference_mode():
        np.testing.assert_allclose(net(images(32)).softmax(1), expected, atol=1e-5)


@pytest.mark.parametrize("side_px", [64, 32])
def test_the_cc0_nets_shrink_chips_as_pillow_does(chips: NDArray[np.uint8], side_px: int) -> None:
    shrunk = Shrink(side_px)(torch.from_numpy(chips).permute(0, 3, 1, 2).float())
    assert (shrunk - images(side_px)).abs().max() <= 1
