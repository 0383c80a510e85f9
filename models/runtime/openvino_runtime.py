"""Nets on the CPU, by OpenVINO: two to four times faster than PyTorch there."""

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import openvino
from numpy.typing import NDArray

from models.registry import Card, WeightsError
from models.runtime import Net
from models.runtime.exported import CONSTANTS_SHA256, WEIGHTS_SHA256, constants_digest, file_of, has_fast_int8

# Cameras' photos come in few sizes, which are laid out on two canvases each. A net of a size's own is a seventh faster than the
# one for all sizes, takes 50 ms to prepare, and memory by the pixel: it is worth that from the third image on.
_TIMES_SEEN: Final = 3
_SIZES_SEEN: Final = 256
_SIZES_KEPT: Final = 16
_PIXELS_KEPT: Final = 32_000_000
# The net for all sizes keeps what it has prepared for layers of so many shapes: by default for 5,000, which is 600 MB.
_SHAPES_KEPT: Final = 64
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

    Sizes that are seen again and again get nets of their own, those used last are kept, and odd ones never replace them.

    Args:
        card: of the net.
        folder: of exported nets.
        threads: of the processor that it may use.

    Raises:
        WeightsError: it was not exported, or from other weights than the card's.
    """
    model = _read(card, folder, int8=card.quantisation is not None and has_fast_int8())
    model.reshape((1, -1, -1, 3))
    of_all_sizes = _compile(model, threads, CPU_RUNTIME_CACHE_CAPACITY=_SHAPES_KEPT)
    of_one_size: OrderedDict[tuple[int, ...], openvino.CompiledModel] = OrderedDict()
    seen: OrderedDict[tuple[int, ...], int] = OrderedDict()

    def net_for(shape: tuple[int, ...]) -> openvino.CompiledModel:
        if shape in of_one_size:
            of_one_size.move_to_end(shape)
            return of_one_size[shape]
        times = seen.pop(shape, 0) + 1
        if times < _TIMES_SEEN:
            seen[shape] = times
            if len(seen) > _SIZES_SEEN:
                seen.popitem(last=False)
            return of_all_sizes
        model.reshape(shape)
        of_one_size[shape] = _compile(model, threads)
        while len(of_one_size) > 1 and (len(of_one_size) > _SIZES_KEPT or _pixels(of_one_size) > _PIXELS_KEPT):
            of_one_size.popitem(last=False)
        return of_one_size[shape]

    def run(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        net = net_for((1, *images.shape[1:]))
        parts = [_outputs(net, image[None]) for image in images]
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


def _pixels(shapes: Iterable[tuple[int, ...]]) -> int:
    return sum(height * width for _, height, width, _ in shapes)


def _compile(model: openvino.Model, threads: int, **more: int) -> openvino.CompiledModel:
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # Each process would pin its thread to the first core while it computes, and all of them would share that one.
        "ENABLE_CPU_PINNING": False,
        # 16-bit floats are slower on processors without matrix units, and change results.
        "INFERENCE_PRECISION_HINT": "f32",
        **more,
    }
    return openvino.Core().compile_model(model, "CPU", options)


def _outputs(compiled: openvino.CompiledModel, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    results = compiled(images, share_inputs=True)
    return tuple(np.array(results[i], np.float32) for i in range(len(compiled.outputs)))
