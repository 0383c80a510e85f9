"""Nets by the names that cards have for them."""

from collections.abc import Callable
from typing import Final

from torch import nn

from models.architectures.age_gender_xception import AgeGenderXception
from models.architectures.dlib_age_resnet import DlibAgeResNet
from models.architectures.dlib_gender_cnn import DlibGenderCnn
from models.architectures.expression_densenet import ExpressionDenseNet
from models.architectures.landmark_densenet import LandmarkDenseNet
from models.architectures.mmod import Mmod
from models.architectures.multitask import MULTITASK

ARCHITECTURES: Final[dict[str, Callable[[], nn.Module]]] = {
    "age_gender_xception": AgeGenderXception,
    "dlib_age_resnet": DlibAgeResNet,
    "dlib_gender_cnn": DlibGenderCnn,
    "expression_densenet": ExpressionDenseNet,
    "landmark_densenet": LandmarkDenseNet,
    "mmod": Mmod,
    **MULTITASK,
}
