"""Weights that are missing, or are others than the cards', are named."""

import shutil
from pathlib import Path

import pytest

from models.predict.weights import net_names, weight_faults
from models.registry import WEIGHTS_DIR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(WEIGHTS_DIR, tmp_path / "weights")
    return tmp_path / "weights"


def test_what_set_up_has_made_is_right(folder: Path) -> None:
    assert weight_faults() == weight_faults(folder) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("cc0-gender.safetensors", "cc0-gender: cc0-gender.safetensors is not the file of the card"),
        ("cc0-gender.bin", "cc0-gender: cc0-gender.xml was not exported from the card's weights"),
        ("dlib-mmod-face-int8.bin", "dlib-mmod-face: dlib-mmod-face-int8.xml was not exported from the card's weights"),
    ],
)
def test_a_byte_that_was_changed_is_seen(folder: Path, name: str, fault: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b"x")
    assert weight_faults(folder) == [fault]


def test_whatever_is_missing_is_named(folder: Path) -> None:
    (folder / "cc0-age.xml").unlink()
    (folder / "face-api-expression.bin").unlink()
    faults = weight_faults(folder)
    assert faults[0] == "cc0-age: cc0-age.xml cannot be read"
    assert faults[1].startswith("face-api-expression: ")
    assert len(faults) == 2
    shutil.rmtree(folder)
    assert len(weight_faults(folder)) == len(net_names())
