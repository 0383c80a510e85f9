"""face-api's nets: TensorFlow's names and layouts into those of our modules."""

from typing import Final

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from models.architectures.catalogue import ARCHITECTURES
from models.importers.tfjs_weights import read_weights
from models.registry import Card

# face-api's names of blocks, and ours; the first that fits.
_BLOCKS: Final = (
    ("entry_flow/reduction_block_", "entry_reduction"),
    ("entry_flow/", ""),
    ("middle_flow/main_block_", "middle"),
    ("exit_flow/reduction_block", "exit_reduction"),
    ("exit_flow/separable_conv", "exit_conv"),
    ("fc/", ""),
)
# What we call the one linear layer, "fc", of a net that has one.
_HEADS: Final = {"expression_densenet": "expression", "landmark_densenet": "landmarks"}


def convert(card: Card, files: tuple[bytes, ...]) -> bytes:
    """Write a net as safetensors.

    Args:
        card: of the net.
        files: its manifest, and its weights.
    """
    manifest, data = files
    arrays = read_weights(manifest, data)
    head = _HEADS.get(card.architecture, "")
    tensors = {_name(name, arrays, head): _layout(name, array) for name, array in arrays.items()}
    # Loading them is the proof that none is missing, left over or of the wrong shape.
    ARCHITECTURES[card.architecture]().load_state_dict(tensors)
    return safetensors.torch.save(tensors)


def _name(name: str, arrays: dict[str, NDArray[np.float32]], head: str) -> str:
    """TensorFlow's name of a weight -> ours."""
    path, leaf = name.rsplit("/", 1)
    if leaf == "bias" and f"{path}/pointwise_filter" in arrays:
        path += "/pointwise"
    if leaf in ("depthwise_filter", "pointwise_filter"):
        path += "/" + leaf.removesuffix("_filter")
    for theirs, ours in (*_BLOCKS, ("fc", head)):
        if path.startswith(theirs):
            path = ours + path.removeprefix(theirs)
            break
    return f"{path}.{'bias' if leaf == 'bias' else 'weight'}".replace("/", ".")


def _layout(name: str, array: NDArray[np.float32]) -> torch.Tensor:
    """TensorFlow's order of dimensions -> PyTorch's, contiguous."""
    tensor = torch.from_numpy(array)
    match name.rsplit("/", 1)[-1]:
        case "depthwise_filter":  # (h, w, channels, 1) -> (channels, 1, h, w)
            tensor = tensor.permute(2, 3, 0, 1)
        case "pointwise_filter" | "filters":  # (h, w, in, out) -> (out, in, h, w)
            tensor = tensor.permute(3, 2, 0, 1)
        case "weights":  # (in, out) -> (out, in)
            tensor = tensor.t()
    return tensor.contiguous()
