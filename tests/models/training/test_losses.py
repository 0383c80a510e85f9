"""Every face is held against what is known of it, and against nothing else."""

import math

import pytest
import torch
from torch import Tensor

from models.architectures.multitask import AGE_BINS, Logits
from models.training.config import Losses
from models.training.losses import Targets, age_distribution, task_losses, total

NAN = float("nan")
EXACT = Losses(smoothing=0.0, temperature=1.0)


def nothing_known(faces: int) -> Targets:
    return Targets(
        torch.full((faces,), NAN),
        torch.full((faces,), -1),
        torch.full((faces,), -1),
        torch.full((faces,), NAN),
        torch.full((faces, 2), NAN),
        torch.full((faces, 7), NAN),
    )


def logits(faces: int) -> Logits:
    torch.manual_seed(0)
    return Logits(*(torch.randn(faces, size, requires_grad=True) for size in (AGE_BINS, 2, 7)))


def gradients(found: Logits, targets: Targets, settings: Losses = EXACT) -> list[Tensor]:
    return list(torch.autograd.grad(total(task_losses(found, targets, settings), settings), list(found)))


def test_a_face_of_which_nothing_is_known_teaches_nothing() -> None:
    found = logits(3)
    assert [each.item() for each in task_losses(found, nothing_known(3), EXACT)] == [0, 0, 0]
    assert all((each == 0).all() for each in gradients(found, nothing_known(3)))


def test_each_task_is_masked_by_itself() -> None:
    targets = nothing_known(3)
    targets.gender[0] = 1
    targets.soft_emotion[1] = 1 / 7
    targets.age_years[2] = 30
    age, gender, emotion = gradients(logits(3), targets)
    assert [bool(row.any()) for row in age] == [False, False, True]
    assert [bool(row.any()) for row in gender] == [True, False, False]
    assert [bool(row.any()) for row in emotion] == [False, True, False]


def test_a_label_is_a_cross_entropy_over_all_faces_of_the_batch() -> None:
    targets = nothing_known(4)
    targets.gender[0] = 1
    found = logits(4)
    expected = -found.gender[0].log_softmax(0)[1] / 4
    assert task_losses(found, targets, EXACT).gender.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_prediction_that_is_matched_costs_nothing_at_any_temperature() -> None:
    found = logits(3)
    targets = nothing_known(3)
    targets.soft_gender[:] = found.gender.detach().softmax(1)
    targets.soft_emotion[:] = found.emotion.detach().softmax(1)
    for temperature in (1.0, 3.0):
        losses = task_losses(found, targets, Losses(temperature=temperature))
        assert losses.gender.item() == pytest.approx(0, abs=1e-5)
        assert losses.emotion.item() == pytest.approx(0, abs=1e-5)


def test_a_face_with_both_counts_both_by_their_shares() -> None:
    found = logits(1)
    hard, soft, both = (nothing_known(1) for _ in range(3))
    for targets in (hard, both):
        targets.emotion[0] = 3
    for targets in (soft, both):
        targets.soft_emotion[0] = torch.tensor([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    settings = Losses(soft_share=0.25, label_weight=2.0)
    parts = [task_losses(found, each, settings).emotion.item() for each in (hard, soft, both)]
    assert parts[2] == pytest.approx(0.75 * parts[0] + 2 * 0.25 * parts[1], rel=1e-5)


def test_an_age_is_a_bell_around_it_and_costs_the_more_the_further_off() -> None:
    bell = age_distribution(torch.tensor([30.0]), 3.0)
    assert bell.sum().item() == pytest.approx(1)
    assert bell.argmax().item() == 30
    assert (bell[0, 33] / bell[0, 30]).item() == pytest.approx(math.exp(-0.5), rel=1e-4)
    targets = nothing_known(1)
    targets.age_years[0] = 30
    costs = []
    for guess in (30.0, 36.0, 60.0):
        sure = Logits(age_distribution(torch.tensor([guess]), 3.0).clamp(min=1e-12).log(), *logits(1)[1:])
        costs.append(task_losses(sure, targets, Losses()).age.item())
    assert costs[0] == pytest.approx(0, abs=1e-3)
    assert costs == sorted(costs)
    assert costs[2] > 2


def test_weights_choose_what_counts() -> None:
    targets = nothing_known(2)
    targets.gender[:] = 0
    targets.age_years[:] = 20
    settings = Losses(age_weight=0)
    age, gender, _ = gradients(logits(2), targets, settings)
    assert not age.any()
    assert gender.any()
