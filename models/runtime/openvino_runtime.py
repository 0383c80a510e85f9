"""Nets on the CPU, by OpenVINO: two to four times faster than PyTorch there."""

from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np
import openvino
from numpy.typing import NDArray

from models.registry import Card, WeightsError
from models.runtime import Net
from models.runtime.exported import CONSTANTS_SHA256, WEIGHTS_SHA256, constants_digest, file_of, has_fast_int8

# Photos come in few sizes, which are laid out on two canvases; each has a net of its own, which takes a tenth of a second to prepare.
_SIZES_KEPT: Final = 16
# More images at once do not fit into the processor's cache, and cost more each.
_IMAGES_AT_ONCE: Final = 4


def batched_net(card: Card, folder: Path, threads: int) -> Net:
    """A net for images of one size, any number at a time.

    Args:
        card: of the net.
        folder: of exported nets.
        threads: of the processor that it may use.

    Raises:
        WeightsError: it was not exported, or from other weights than the card's.
    """
    compiled = _compile(_read(card, folder, int8=False), threads)

    def run(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        parts = [_outputs(compiled, images[i : i + _IMAGES_AT_ONCE]) for i in range(0, len(images), _IMAGES_AT_ONCE)]
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))

    return run


def sized_net(card: Card, folder: Path, threads: int) -> Net:
    """A net for images of all sizes, one at a time; in 8 bits where the processor is good at it.

    Args:
        card: of the net.
        folder: of exported nets.
        threads: of the processor that it may use.

    Raises:
        WeightsError: it was not exported, or from other weights than the card's.
    """
    model = _read(card, folder, int8=card.quantisation is not None and has_fast_int8())
    compiled: OrderedDict[tuple[int, ...], openvino.CompiledModel] = OrderedDict()

    def run(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        shape = (1, *images.shape[1:])
        if shape not in compiled:
            model.reshape(shape)
            compiled[shape] = _compile(model, threads)
            if len(compiled) > _SIZES_KEPT:
                compiled.popitem(last=False)
        compiled.move_to_end(shape)
        parts = [_outputs(compiled[shape], image[None]) for image in images]
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))

    return run


def _read(card: Card, folder: Path, *, int8: bool) -> openvino.Model:
    path = file_of(card, folder, int8=int8)
    if not path.is_file():
        raise WeightsError(f"{path} is not there: `make setup` exports the nets")
    constants = constants_digest(path)
    try:
        model = openvino.Core().read_model(path)
    except RuntimeError as error:
        raise WeightsError(f"{path} cannot be read: `make setup` exports the nets again") from error
    for key, expected in ((WEIGHTS_SHA256, card.weights.sha256), (CONSTANTS_SHA256, constants)):
        found = model.get_rt_info(key).astype(str) if model.has_rt_info(key) else "none"
        if found != expected:
            raise WeightsError(f"{path} says {key} {found}, and it is {expected}: run `make setup`")
    return model


def _compile(model: openvino.Model, threads: int) -> openvino.CompiledModel:
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # Each process would pin its thread to the first core while it computes, and all of them would share that one.
        "ENABLE_CPU_PINNING": False,
        # 16-bit floats are slower on processors without matrix units, and change results.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return openvino.Core().compile_model(model, "CPU", options)


def _outputs(compiled: openvino.CompiledModel, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    results = compiled(images, share_inputs=True)
    return tuple(np.array(results[i], np.float32) for i in range(len(compiled.outputs)))
