"""Every card is complete, and no weights are loaded but its own."""

import shutil
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from models.architectures.catalogue import ARCHITECTURES
from models.architectures.layers import Normalise
from models.architectures.mmod import Mmod
from models.preprocess import FACE_SIZE_PX, MEAN_RGB, NET_SIZE_PX
from models.registry import (
    WEIGHTS_DIR,
    AgeCorrection,
    Calibration,
    Preprocessing,
    WeightsError,
    card_names,
    load,
    read_card,
)


@pytest.mark.parametrize("name", card_names())
def test_a_card_tells_all_that_a_user_of_the_weights_must_know(name: str) -> None:
    card = read_card(name)
    assert card.name == name
    assert card.architecture in ARCHITECTURES
    assert card.accuracy
    assert card.outputs
    assert len(set(card.outputs)) == len(card.outputs)


@pytest.mark.parametrize("name", card_names())
def test_a_net_prepares_its_input_as_its_card_says(name: str) -> None:
    card = read_card(name)
    net = ARCHITECTURES[card.architecture]()
    (normalise,) = (module for module in net.modules() if isinstance(module, Normalise))
    assert tuple(normalise.mean.flatten().tolist()) == pytest.approx(card.preprocessing.mean_rgb)
    assert normalise.scale == card.preprocessing.scale
    assert card.preprocessing.mean_rgb == MEAN_RGB


CHIP_NETS = [name for name in card_names() if read_card(name).preprocessing.crop == "face-chip"]


@pytest.mark.parametrize("name", CHIP_NETS)
def test_a_net_of_chips_takes_the_crop_that_serving_cuts(name: str) -> None:
    net, card = load(name)
    assert card.preprocessing.padding is not None
    assert round(FACE_SIZE_PX * (1 + 2 * card.preprocessing.padding)) == NET_SIZE_PX
    assert card.preprocessing.side_px is not None
    assert card.preprocessing.side_px <= NET_SIZE_PX
    assert size_seen_by(net, NET_SIZE_PX) == card.preprocessing.side_px


def size_seen_by(net: nn.Module, side_px: int) -> int:
    """The side of what a net works on when it is given a crop of this side, pixels."""
    seen: list[int] = []
    (normalise,) = (module for module in net.modules() if isinstance(module, Normalise))
    normalise.register_forward_hook(lambda _module, _inputs, output: seen.append(output.shape[-1]))
    with torch.inference_mode():
        net(torch.zeros(1, 3, side_px, side_px))
    (side,) = seen
    return side


@pytest.mark.parametrize(
    ("crop", "measures"),
    [
        ("face-chip", {"padding": 0.2}),
        ("face-chip", {"side_px": 112}),
        ("photo", {"side_px": 112}),
        ("photo", {"padding": 0.2}),
        ("thumb", {"padding": 0.2, "side_px": 112}),
    ],
)
def test_a_crop_without_its_measures_is_refused(crop: str, measures: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Preprocessing.model_validate({"crop": crop, "mean_rgb": MEAN_RGB, "scale": 255, **measures})


def test_a_net_in_8_bits_knows_the_range_of_what_flows_into_each_convolution_after_the_first() -> None:
    quantised = [name for name in card_names() if read_card(name).quantisation]
    assert quantised
    for name in quantised:
        net, card = load(name)
        assert isinstance(net, Mmod)
        assert card.quantisation is not None
        assert len(card.quantisation.activations) == len(net.convolutions) - 1


@pytest.mark.parametrize("temperature", [0, -1])
def test_a_temperature_is_above_zero(temperature: float) -> None:
    with pytest.raises(ValidationError):
        Calibration(temperature=temperature, fitted_on="faces")


def age_correction(ages: tuple[float, ...], half_widths: tuple[float, ...]) -> AgeCorrection:
    return AgeCorrection(
        from_years=20, offset=1, slope=0.1, interval_ages=ages, interval_half_widths=half_widths, fitted_on="faces"
    )


@pytest.mark.parametrize(
    ("ages", "half_widths"),
    [((0, 40), (5,)), ((40, 0), (5, 9)), ((0, 0), (5, 9)), ((0, 40), (5, 0)), ((0, 40), (5, -1))],
    ids=["one is missing", "falling", "twice the same", "no width", "less than none"],
)
def test_an_interval_that_makes_no_sense_is_refused(ages: tuple[float, ...], half_widths: tuple[float, ...]) -> None:
    age_correction((0, 40), (5, 9))
    with pytest.raises(ValidationError):
        age_correction(ages, half_widths)


@pytest.mark.parametrize("name", card_names())
def test_other_bytes_than_the_cards_are_refused(name: str, tmp_path: Path) -> None:
    file = read_card(name).weights.file
    shutil.copy(WEIGHTS_DIR / file, tmp_path)
    data = bytearray((tmp_path / file).read_bytes())
    data[-1] ^= 1
    (tmp_path / file).write_bytes(data)
    with pytest.raises(WeightsError, match="digest"):
        load(name, tmp_path)


def test_missing_weights_name_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="make setup"):
        load(card_names()[0], tmp_path)
