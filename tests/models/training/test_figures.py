"""Figures say how far a net is from labels, and from what was predicted."""

import pytest
import torch
from torch import Tensor

from models.architectures.multitask import Logits, Multitask
from models.dataset.face import Split
from models.dataset.manifest import Dataset
from models.preprocess import NET_SIZE_PX
from models.training.config import Losses
from models.training.data import Faces
from models.training.figures import Figures, Rightness, measure


class Oracle(Multitask):
    """Says 40 years, female and neutral of everybody, and counts whom it was shown."""

    shown = 0

    def logits(self, x: Tensor) -> Logits:
        assert not self.training
        self.shown += len(x)
        logits = Logits(*(torch.zeros(len(x), size) for size in (101, 2, 7)))
        for part, says in zip(logits, (40, 0, 0), strict=True):
            part[:, says] = 50.0
        return logits


def test_against_labels_and_against_predictions(data_set: Dataset) -> None:
    net = Oracle("small", 0.25).train()
    faces = Faces(data_set, Split.TRAIN)
    found = measure(net, faces, NET_SIZE_PX, Losses(), torch.device("cpu"))
    known = list(data_set.of(Split.TRAIN))
    assert found.faces == net.shown == len(known)
    assert net.training
    labelled = [each for each in known if each.age_years is not None]
    errors = [abs(each.age_years - 40) for each in labelled if each.age_years is not None]
    assert found.labelled.age_mae_years == pytest.approx(sum(errors) / len(errors), abs=1e-4)
    assert found.labelled.gender_accuracy == pytest.approx(
        sum(each.gender == "female" for each in labelled) / len(labelled)
    )
    of_all = [each.predicted_emotion for each in known if each.predicted_emotion is not None]
    assert found.predicted.emotion_accuracy == pytest.approx(sum(max(each) == each[0] for each in of_all) / len(of_all))


def figures(labelled: Rightness, predicted: Rightness) -> Figures:
    return Figures(10, 1.5, labelled, predicted)


NONE = Rightness(None, None, None)
SOME = Rightness(4.0, 0.9, 0.5)


def test_labels_are_watched_where_there_are_any_and_less_is_better() -> None:
    assert figures(SOME, NONE).monitored("loss") == 1.5
    assert figures(SOME, Rightness(9.0, 0.1, 0.1)).monitored("age_mae_years") == 4.0
    assert figures(NONE, SOME).monitored("gender_accuracy") == -0.9
    with pytest.raises(ValueError, match="emotion_accuracy"):
        figures(NONE, NONE).monitored("emotion_accuracy")


def test_what_there_is_not_is_not_told() -> None:
    assert set(figures(NONE, SOME).flat("test")) == {
        "test.loss",
        "test.predicted.age_mae_years",
        "test.predicted.gender_accuracy",
        "test.predicted.emotion_accuracy",
    }
