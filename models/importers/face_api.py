"""face-api's nets: TensorFlow's names and layouts into those of our modules."""

import hashlib
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from models.importers.tfjs_weights import read_weights
from models.registry import ARCHITECTURES, Card, WeightsError

# face-api's names of blocks, and ours; the first that fits.
_BLOCKS = (
    ("entry_flow/reduction_block_", "entry_reduction"),
    ("entry_flow/", ""),
    ("middle_flow/main_block_", "middle"),
    ("exit_flow/reduction_block", "exit_reduction"),
    ("exit_flow/separable_conv", "exit_conv"),
    ("fc/", ""),
    ("fc", "expression"),
)


def convert(card: Card, package: Path) -> bytes:
    """Read a net out of the package, check it, and write it as safetensors.

    Args:
        card: of the net.
        package: the installed package's folder.

    Raises:
        WeightsError: a file is missing, or is another one than the card's.
    """
    manifest, data = (_read(package / "model" / name, digest) for name, digest in card.source.files.items())
    arrays = read_weights(manifest, data)
    tensors = {_name(name, arrays): _layout(name, array) for name, array in arrays.items()}
    # Loading them is the proof that none is missing, left over or of the wrong shape.
    ARCHITECTURES[card.architecture]().load_state_dict(tensors)
    return safetensors.torch.save(tensors)


def _read(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is not there: `make setup` installs the package that has it") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise WeightsError(f"{path} has the digest {found}, the card says {digest}")
    return content


def _name(name: str, arrays: dict[str, NDArray[np.float32]]) -> str:
    """TensorFlow's name of a weight -> ours."""
    path, leaf = name.rsplit("/", 1)
    if leaf == "bias" and f"{path}/pointwise_filter" in arrays:
        path += "/pointwise"
    if leaf in ("depthwise_filter", "pointwise_filter"):
        path += "/" + leaf.removesuffix("_filter")
    for theirs, ours in _BLOCKS:
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
