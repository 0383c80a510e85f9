"""dlib's CNN face detector, mmod_human_face_detector.dat, into the weights of `Mmod`.

A net is stored from its output inwards: first the versions of all layers, the output's first, then the input layer, then
the details of the layers from input to output. Source: dlib/dnn/{core,layers,input,loss}.h.
"""

from collections.abc import Mapping

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.architectures.catalogue import ARCHITECTURES
from models.architectures.mmod import CONVOLUTIONS
from models.importers.dlib_reader import Reader
from models.preprocess import MEAN_RGB
from models.pyramid import MARGIN_PX, MAX_OVERLAP, PADDING_PX, WINDOW_PX
from models.registry import Card

_LAYERS = ("con", "affine", "relu") * 6 + ("con",)
_MULTIPLIERS = 4
_TENSOR_FLAGS = 3
_FIRST_VERSION_WITH_EXPANSION = 3
_FIRST_VERSION_WITH_GRADIENT = 2


def convert(card: Card, files: tuple[bytes, ...]) -> bytes:
    """Write the net as safetensors.

    Args:
        card: of the net.
        files: its one file.
    """
    tensors = dict(read_mmod(*files))
    # Loading them is the proof that none is missing, left over or of the wrong shape.
    ARCHITECTURES[card.architecture]().load_state_dict(tensors)
    return safetensors.torch.save(tensors)


def read_mmod(data: bytes) -> Mapping[str, Tensor]:
    """The net's tensors by our names, batch normalisation folded into the convolutions before it.

    Raises:
        ValueError: it is another net, or the file is damaged.
    """
    reader = Reader(data)
    if reader.integer() != 1 or reader.text() != "loss_mmod_":
        raise ValueError("this is no max-margin detector")
    _check_options(reader)
    versions = [reader.integer() for _ in _LAYERS]
    _check_input(reader)
    weights: list[NDArray[np.float64]] = []
    biases: list[NDArray[np.float64]] = []
    for i, (kind, version) in enumerate(zip(_LAYERS, reversed(versions), strict=True)):
        if kind == "con":
            weight, bias = _convolution(reader, *CONVOLUTIONS[len(weights)])
            weights.append(weight)
            biases.append(bias)
        elif kind == "affine":
            gamma, beta = _affine(reader)
            weights[-1] = weights[-1] * gamma[:, None, None, None]
            biases[-1] = biases[-1] * gamma + beta
        else:
            _relu(reader)
        _layer_state(reader, version, first=i == 0)
    reader.end()
    tensors = {}
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        tensors[f"convolutions.{i}.weight"] = torch.from_numpy(weight.astype(np.float32))
        tensors[f"convolutions.{i}.bias"] = torch.from_numpy(bias.astype(np.float32))
    return tensors


def _expect(name: str, found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(f"{name} is {found}, and the code is made for {expected}")


def _check_options(reader: Reader) -> None:
    """How boxes come out of the net's output: `models.pyramid` has it."""
    version = reader.integer()
    if not 1 <= version <= 4:
        raise ValueError(f"options of version {version}")
    for _ in range(1 if version == 1 else reader.integer()):
        labelled = version > 1 and reader.integer() == 2
        _expect("the window", (reader.integer(), reader.integer()), (WINDOW_PX, WINDOW_PX))
        if labelled:
            reader.text()
    reader.numbers(3)  # what training charged for false alarms and misses, and the overlap that made a match
    overlap, covered = reader.numbers(2)
    _expect("the overlap of one face", round(overlap, 8), MAX_OVERLAP)
    _expect("the covered part of one face", covered, 1.0)
    reader.numbers(2)  # boxes that training ignored
    if version >= 3:
        reader.byte()
    if version >= 4:
        _expect("box regression", reader.boolean(), False)
        reader.number()


def _check_input(reader: Reader) -> None:
    tag = reader.text()
    if not tag.startswith("input_rgb_image_pyramid"):
        raise ValueError(f"the input layer is {tag}")
    _expect("the mean colour", tuple(round(mean, 3) for mean in reader.numbers(3)), MEAN_RGB)
    if tag.endswith("2"):
        _expect("the canvas's padding", (reader.integer(), reader.integer()), (PADDING_PX, MARGIN_PX))


def _convolution(
    reader: Reader, filters: int, window: int, stride: int, padding: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tag = reader.text()
    if tag not in ("con_4", "con_5", "con_6"):
        raise ValueError(f"a layer {tag} where a convolution belongs")
    parameters = reader.tensor().ravel().astype(np.float64)
    _expect("the number of filters", reader.integer(), filters)
    geometry = [reader.integer() for _ in range(6)]
    _expect("a convolution's window, stride and padding", geometry, [window] * 2 + [stride] * 2 + [padding] * 2)
    shape, bias_shape = reader.alias(), reader.alias()
    reader.numbers(_MULTIPLIERS)
    has_bias = reader.boolean() if tag != "con_4" else True
    if tag == "con_6":
        reader.boolean()
    count, biases = int(np.prod(shape)), int(np.prod(bias_shape))
    _expect("a convolution's parameters", parameters.size, count + biases)
    bias = parameters[count:] if has_bias else np.zeros(filters)
    return parameters[:count].reshape(shape), bias


def _affine(reader: Reader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gamma and beta of y = gamma x + beta; a batch normalisation is one with the statistics of training."""
    tag = reader.text()
    if tag in ("affine_", "affine_2"):
        parameters = reader.tensor().ravel().astype(np.float64)
        count = int(np.prod(reader.alias()))
        reader.alias()
        reader.integer()
        if tag == "affine_2" and reader.boolean():
            raise ValueError("a layer is turned off")
        return parameters[:count], parameters[count:]
    if tag != "bn_con2":
        raise ValueError(f"a layer {tag} where a normalisation belongs")
    parameters = reader.tensor().ravel().astype(np.float64)
    count = int(np.prod(reader.alias()))
    reader.alias()
    reader.tensor(), reader.tensor()  # of the last batch of training
    mean, variance = (reader.tensor().ravel().astype(np.float64) for _ in range(2))
    reader.integer(), reader.integer()
    reader.numbers(_MULTIPLIERS)
    gamma = parameters[:count] / np.sqrt(variance + reader.number())
    return gamma, parameters[count:] - gamma * mean


def _relu(reader: Reader) -> None:
    tag = reader.text()
    if tag not in ("relu_", "relu_2"):
        raise ValueError(f"a layer {tag} where a rectifier belongs")
    if tag == "relu_2" and reader.boolean():
        raise ValueError("a layer is turned off")


def _layer_state(reader: Reader, version: int, *, first: bool) -> None:
    """What every layer keeps of training, here empty."""
    for _ in range(_TENSOR_FLAGS):
        reader.boolean()
    reader.tensor(), reader.tensor()
    if first:
        reader.tensor()
        if version >= _FIRST_VERSION_WITH_EXPANSION:
            reader.integer()
    elif version >= _FIRST_VERSION_WITH_GRADIENT:
        reader.tensor()
