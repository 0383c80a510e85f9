"""Our nets give what the reference runtimes give for the same faces, whichever runtime of ours runs them.

Tolerances are about five times what was measured, on PyTorch and OpenVINO alike: 4e-5 years, 7e-7 of a probability,
3e-5 pixels of a landmark.
"""

import json
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.architectures.dlib_age_resnet import CLASSES, FIRST_YEAR, DlibAgeResNet
from models.architectures.dlib_layers import Shrink
from models.preprocess import NET_SIZE_PX
from models.registry import WEIGHTS_DIR, load, read_card
from models.runtime import Net
from models.runtime.openvino_runtime import batched_net
from models.runtime.torch_runtime import torch_net
from tests.models.faces import REFERENCE, reference_crops, reference_images

AGE_TOLERANCE_YEARS = 2e-4
PROBABILITY_TOLERANCE = 5e-6
LANDMARK_TOLERANCE_PX = 2e-4
THEIR_GENDERS = ("male", "female")
THEIR_EMOTIONS = ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise")


def pytorch(name: str) -> Net:
    return torch_net(load(name)[0], torch.device("cpu"))


def openvino(name: str) -> Net:
    return batched_net(read_card(name), WEIGHTS_DIR, 1)


RUNTIMES = pytest.mark.parametrize("runtime", [pytorch, openvino])


def expected(file: str = "expected.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((REFERENCE / file).read_text())
    return content


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


@RUNTIMES
def test_ages_and_genders_equal_the_reference_runtimes(runtime: Any) -> None:
    age_years, gender = runtime("face-api-age-gender")(reference_crops())
    assert read_card("face-api-age-gender").outputs == THEIR_GENDERS
    np.testing.assert_allclose(age_years, expected()["age_years"], rtol=0, atol=AGE_TOLERANCE_YEARS)
    np.testing.assert_allclose(softmax(gender), expected()["male_female"], rtol=0, atol=PROBABILITY_TOLERANCE)


@RUNTIMES
def test_emotions_equal_the_reference_runtimes(runtime: Any) -> None:
    (emotion,) = runtime("face-api-expression")(reference_crops())
    assert read_card("face-api-expression").outputs == THEIR_EMOTIONS
    theirs = expected()["neutral_happy_sad_angry_fearful_disgusted_surprised"]
    np.testing.assert_allclose(softmax(emotion), theirs, rtol=0, atol=PROBABILITY_TOLERANCE)


@RUNTIMES
def test_landmarks_equal_the_reference_runtimes(runtime: Any) -> None:
    (points,) = runtime("face-api-landmarks")(reference_crops())
    theirs = np.reshape(expected()["landmarks_x_y"], (-1, 68, 2)) * NET_SIZE_PX
    np.testing.assert_allclose(points * NET_SIZE_PX, theirs, rtol=0, atol=LANDMARK_TOLERANCE_PX)


def test_ages_of_the_cc0_net_equal_the_reference_runtimes() -> None:
    theirs = np.array(expected("expected-onnx.json")["ages_0_to_80"], np.float32)
    images = reference_images("chips-64.png", 64)
    net, _ = load("cc0-age")
    assert isinstance(net, DlibAgeResNet)
    with torch.inference_mode():
        probabilities = net.probabilities(torch.from_numpy(images).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(probabilities, theirs, rtol=0, atol=PROBABILITY_TOLERANCE)
    (age_years,) = pytorch("cc0-age")(images)
    ages = theirs @ [FIRST_YEAR, *range(1, CLASSES)]
    np.testing.assert_allclose(age_years, ages, rtol=0, atol=AGE_TOLERANCE_YEARS)


def test_genders_of_the_cc0_net_equal_the_reference_runtimes() -> None:
    (gender,) = pytorch("cc0-gender")(reference_images("chips-32.png", 32))
    assert read_card("cc0-gender").outputs == ("female", "male")
    theirs = expected("expected-onnx.json")["female_male"]
    np.testing.assert_allclose(softmax(gender), theirs, rtol=0, atol=PROBABILITY_TOLERANCE)


@pytest.mark.parametrize("name", ["cc0-age", "cc0-gender"])
def test_the_cc0_nets_are_the_same_on_both_runtimes(name: str) -> None:
    """Exported they take images of one size only, and shrink them; the reference has them shrunk by Pillow."""
    (ours,), (theirs,) = openvino(name)(reference_crops()), pytorch(name)(reference_crops())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=AGE_TOLERANCE_YEARS)


@pytest.mark.parametrize("side_px", [64, 32])
def test_the_cc0_nets_shrink_crops_as_pillow_does(side_px: int) -> None:
    shrunk = Shrink(side_px)(torch.from_numpy(reference_crops()).permute(0, 3, 1, 2).float())
    pillows = torch.from_numpy(reference_images(f"chips-{side_px}.png", side_px)).permute(0, 3, 1, 2)
    assert (shrunk - pillows).abs().max() <= 1
