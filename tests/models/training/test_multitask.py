"""The net has the outputs that its card names, and the exported one gives the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.architectures.layers import Normalise
from models.architectures.multitask import AGE_BINS, MULTITASK, Multitask
from models.export.openvino_model import write
from models.preprocess import MEAN_RGB, NET_SIZE_PX, SCALE
from models.registry import Weights, read_card
from models.runtime.openvino_runtime import batched_net
from models.runtime.torch_runtime import torch_net
from tests.models.faces import reference_crops

DIGEST = "0" * 64


@pytest.mark.parametrize("name", ["multitask_small_025", "multitask_small_100", "multitask_large_050"])
def test_age_gender_and_emotion_of_every_face(name: str) -> None:
    net = MULTITASK[name]().eval()
    with torch.inference_mode():
        age, gender, emotion = net(torch.full((3, 3, NET_SIZE_PX, NET_SIZE_PX), 128.0))
    assert (age.shape, gender.shape, emotion.shape) == ((3,), (3, 2), (3, 7))
    assert ((age >= 0) & (age <= AGE_BINS - 1)).all()


def test_age_is_the_expectation_of_its_distribution() -> None:
    logits = torch.full((2, AGE_BINS), -30.0)
    logits[0, 40] = logits[0, 50] = 30.0
    logits[1, 7] = 30.0
    assert Multitask("small", 0.25).expected_age(logits).tolist() == pytest.approx([45.0, 7.0], abs=1e-3)


def test_the_net_prepares_its_input_itself() -> None:
    (normalise,) = (each for each in Multitask("small", 0.25).modules() if isinstance(each, Normalise))
    assert tuple(normalise.mean.flatten().tolist()) == pytest.approx(MEAN_RGB)
    assert normalise.scale == SCALE


def test_less_width_is_less_net() -> None:
    sizes = [
        sum(each.numel() for each in MULTITASK[f"multitask_small_{width}"]().parameters()) for width in ("025", "100")
    ]
    assert sizes[0] < sizes[1] / 2


def test_the_exported_net_says_the_same(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = MULTITASK["multitask_small_025"]().eval()
    card = read_card("cc0-gender").model_copy(
        update={"name": "net", "weights": Weights(file="net.safetensors", sha256=DIGEST)}
    )
    write(net, NET_SIZE_PX, DIGEST, tmp_path / "net.xml")
    exported = batched_net(card, tmp_path, 1)(reference_crops())
    expected = torch_net(net, torch.device("cpu"))(reference_crops())
    for found, reference in zip(exported, expected, strict=True):
        assert np.allclose(found, reference, atol=1e-3)
