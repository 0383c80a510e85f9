"""A config says what it means, or what is wrong with it."""

import dataclasses
import re
from pathlib import Path

import pytest

from models.training import config as module
from models.training.config import ConfigError, flat, read_config
from tests.models.data_sets import write_config

CLASSES = [
    module.Optimisation,
    module.Losses,
    module.Sampling,
    module.Machine,
    module.Tracking,
    module.TrainingConfig,
]


@pytest.mark.parametrize("described", CLASSES)
def test_every_value_is_documented(described: type) -> None:
    said = re.findall(r"^        (\w+): ", described.__doc__ or "", re.MULTILINE)
    assert said == [each.name for each in dataclasses.fields(described)]


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path, more='initial_weights = "../other/net.safetensors"'))
    assert config.dataset == tmp_path / "faces"
    assert config.output == tmp_path / "run"
    assert config.initial_weights == tmp_path / "../other/net.safetensors"


def test_every_value_is_a_parameter_of_the_run(tmp_path: Path) -> None:
    found = flat(read_config(write_config(tmp_path)))
    assert found["optimisation.batch_size"] == "16"
    assert found["seed"] == "7"


def test_another_value_is_another_digest_and_another_place_is_not(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path))
    assert dataclasses.replace(config, output=tmp_path / "elsewhere").digest() == config.digest()
    helped = dataclasses.replace(config.machine, workers=3, checkpoint_steps=9)
    assert dataclasses.replace(config, machine=helped).digest() == config.digest()
    assert dataclasses.replace(config, seed=8).digest() != config.digest()


@pytest.mark.parametrize(
    ("more", "tables", "fault"),
    [
        ("colour = 1", "", "colour"),
        ("", "[losses]\ntemperature = 0", "losses.temperature"),
        ("", "[losses]\nage_weight = 0\ngender_weight = 0\nemotion_weight = 0", "are all 0"),
        ("", "[sampling]\ncrop_px = 145", "sampling.crop_px"),
        ("", "[sampling]\nmirror = 1.5", "sampling.mirror"),
        ("", "[tracking]\nurl = 'x'", "tracking.url"),
        ('name = "again"', "", "no TOML"),
    ],
)
def test_a_value_that_cannot_be_is_named(tmp_path: Path, more: str, tables: str, fault: str) -> None:
    path = write_config(tmp_path, more=more, tables=tables)
    with pytest.raises(ConfigError, match=re.escape(fault)):
        read_config(path)


@pytest.mark.parametrize(
    ("line", "other"),
    [('"multitask_small_025"', '"resnet"'), ('"MIT"', '"Unknown"'), ('"eight-people-net"', '"../net"')],
)
def test_names_are_checked(tmp_path: Path, line: str, other: str) -> None:
    path = write_config(tmp_path)
    path.write_text(path.read_text().replace(line, other))
    with pytest.raises(ConfigError):
        read_config(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
