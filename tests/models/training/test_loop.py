"""A run ends when it should, learns, and leaves what a registry takes."""

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from models.architectures.multitask import MULTITASK
from models.dataset.face import Split
from models.dataset.manifest import Dataset
from models.registry import TrainedCard
from models.training import __main__ as command
from models.training.config import Optimisation, read_config
from models.training.distributed import World
from models.training.loop import Outcome, Run
from models.training.result import write_result
from models.training.schedule import learning_rate
from tests.models.data_sets import write_config


class Silent:
    """A reporter that counts."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self.steps = 0

    def begin(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        pass

    def step(self, loss: float) -> None:
        self.steps += 1

    def epoch(self, epoch: int, figures: dict[str, float], *, best: bool) -> None:
        self.epochs.append(figures)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Commands change how PyTorch computes, for the whole process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=False)


def trained(path: Path, data_set: Dataset, reporter: Silent | None = None) -> Outcome:
    run = Run(read_config(path), data_set, World(0, 1, torch.device("cpu")))
    return run.train(reporter or Silent())


def test_the_learning_rate_rises_and_falls() -> None:
    settings = Optimisation(learning_rate=1.0, warm_up_steps=10)
    rates = [learning_rate(settings, step, 200) for step in range(200)]
    assert rates[:11] == sorted(rates[:11])
    assert max(rates) == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.001
    assert learning_rate(settings, 2, 20) == 1.0, "a short run is not all warm-up"


def test_it_learns(workplace: Path, data_set: Dataset) -> None:
    still = "[sampling]\nbalance = 0\nmirror = 0\nshift = 0\nscale = 0\nroll_deg = 0\njpeg_share = 0\nblur_share = 0\nerase_share = 0\n"
    path = write_config(workplace, epochs=6, learning_rate=0.01, tables=still)
    outcome = trained(path, data_set)
    first, last = outcome.history[0], outcome.history[-1]
    assert last["train.loss"] < first["train.loss"] - 0.8
    assert outcome.validation.flat("validation")["validation.loss"] == pytest.approx(
        min(epoch["validation.loss"] for epoch in outcome.history)
    )
    assert outcome.validation.loss < first["validation.loss"]


def test_it_ends_when_it_gets_no_better(workplace: Path, data_set: Dataset) -> None:
    path = write_config(workplace, epochs=50)
    # Nothing is learnt at such a rate: whatever comes first stays the best, or nearly.
    path.write_text(
        path.read_text().replace("patience_epochs = 0", 'patience_epochs = 2\nmonitor = "gender_accuracy"')
        .replace("learning_rate = 0.002", "learning_rate = 1e-9")
    )  # fmt: skip
    outcome = trained(path, data_set)
    assert len(outcome.history) == outcome.best_epoch + 1 + 2 < 50


def test_it_says_when_the_loss_is_lost(workplace: Path) -> None:
    path = write_config(workplace, learning_rate=1e30)
    result = CliRunner().invoke(command.app, [str(path)])
    assert result.exit_code == 1
    assert "learning_rate" in result.output or "validation split is" in result.output


def test_the_result_is_a_card_and_its_weights(workplace: Path, data_set: Dataset) -> None:
    config = read_config(write_config(workplace, epochs=1))
    outcome = trained(workplace / "config.toml", data_set)
    weights, card_file, figures = write_result(config, data_set.about, outcome)
    card = TrainedCard.model_validate(tomllib.loads(card_file.read_text()))
    data = weights.read_bytes()
    assert card.name == weights.stem == card_file.stem
    assert card.weights.sha256 == hashlib.sha256(data).hexdigest()
    assert card.source.dataset_version == data_set.about.version
    assert card.source.taught_by == ("face-api-1",)
    assert card.preprocessing.padding == 0.2
    assert {each.measure.split()[0] for each in card.accuracy} == {"mean", "share"}
    MULTITASK[card.architecture]().load_state_dict(safetensors.torch.load(data))
    assert json.loads(figures.read_text())["test"]["test.loss"] == outcome.test.loss if outcome.test else False


def test_another_run_can_begin_with_its_weights(workplace: Path, data_set: Dataset) -> None:
    config = read_config(write_config(workplace, epochs=1))
    first = trained(workplace / "config.toml", data_set)
    weights, *_ = write_result(config, data_set.about, first)
    path = write_config(workplace, epochs=1, learning_rate=1e-12, more=f'initial_weights = "{weights}"')
    path.write_text(path.read_text().replace('output = "run"', 'output = "other"'))
    second = trained(path, data_set)
    assert second.initial_sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert torch.allclose(second.weights["emotion.weight"], first.weights["emotion.weight"], atol=1e-6)


@pytest.mark.parametrize(
    ("more", "change", "fault"),
    [
        ('initial_weights = "config.toml"', ("", ""), "does not hold"),
        ('initial_weights = "none.safetensors"', ("", ""), "cannot be read"),
        ("", ("batch_size = 16", "batch_size = 1"), "batch_size"),
        ("", ('dataset = "faces"', 'dataset = "none"'), "is no data set"),
        ("", ('device = "cpu"', 'device = "cuda"'), "CUDA"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(workplace: Path, more: str, change: tuple[str, str], fault: str) -> None:
    path = write_config(workplace, more=more)
    path.write_text(path.read_text().replace(*change))
    result = CliRunner().invoke(command.app, [str(path)])
    assert result.exit_code == 1
    assert result.output.startswith("training: ")
    assert fault in result.output


def test_figures_of_a_run_are_numbers(workplace: Path, data_set: Dataset) -> None:
    reporter = Silent()
    trained(write_config(workplace, epochs=2), data_set, reporter)
    assert reporter.steps == 2 * (len(data_set.of(Split.TRAIN)) // 16)
    assert len(reporter.epochs) == 2
    assert all(math.isfinite(value) for epoch in reporter.epochs for value in epoch.values())


def test_helpers_that_prepare_faces_change_nothing(workplace: Path, data_set: Dataset) -> None:
    alone = trained(write_config(workplace, epochs=1), data_set)
    path = write_config(workplace, epochs=1)
    path.write_text(path.read_text().replace("threads = 1", "threads = 1\nworkers = 2").replace('"run"', '"other"'))
    helped = trained(path, data_set)
    assert all(torch.equal(each, helped.weights[name]) for name, each in alone.weights.items())
