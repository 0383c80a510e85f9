"""The net that a run begins with: random, or with weights that were trained before."""

import hashlib
from typing import Final

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn

from models.architectures.multitask import MULTITASK, Multitask
from models.training.config import ConfigError, TrainingConfig

# Of what BatchNorm has seen, the share that each step replaces. MobileNetV3's own, a hundredth, is for millions of pictures: after a few
# hundred steps its averages would still be those of no picture at all, and the net in service worse than in training.
_MOMENTUM: Final = 0.05


def initial_net(config: TrainingConfig) -> tuple[Multitask, str | None]:
    """The net, and the digest of its weights where they are from a file.

    Raises:
        ConfigError: the file is not there, or holds another architecture's.
    """
    torch.manual_seed(config.seed)
    net = MULTITASK[config.architecture]()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = _MOMENTUM
    path = config.initial_weights
    if path is None:
        return net, None
    try:
        data = path.read_bytes()
        net.load_state_dict(safetensors.torch.load(data))
    except OSError as error:
        raise ConfigError(f"initial_weights: {path} cannot be read: {error.strerror}") from error
    except (SafetensorError, RuntimeError) as error:
        raise ConfigError(f"initial_weights: {path} does not hold a {config.architecture}: {error}") from error
    return net, hashlib.sha256(data).hexdigest()
