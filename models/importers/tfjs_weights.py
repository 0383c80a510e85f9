"""TensorFlow.js weights: a JSON manifest beside a binary file, quantised to bytes or not.

Source of the format: https://www.tensorflow.org/js/guide/save_load, "weightsManifest".
"""

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "uint16": "<u2"}


def read_weights(manifest: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays by name, quantised ones restored as byte * scale + min.

    Args:
        manifest: the JSON file.
        data: the one binary file that it names.

    Raises:
        ValueError: the two do not belong together.
    """
    groups: list[dict[str, Any]] = json.loads(manifest)
    weights: dict[str, NDArray[np.float32]] = {}
    offset = 0
    for group in groups:
        for entry in group["weights"]:
            quantisation = entry.get("quantization")
            dtype = np.dtype(_DTYPES[quantisation["dtype"] if quantisation else entry["dtype"]])
            count = math.prod(entry["shape"])
            if offset + count * dtype.itemsize > len(data):
                raise ValueError("the weights end before the manifest does")
            array = np.frombuffer(data, dtype, count, offset).astype(np.float32)
            offset += count * dtype.itemsize
            if quantisation:
                array = array * np.float32(quantisation["scale"]) + np.float32(quantisation["min"])
            weights[entry["name"]] = array.reshape(entry["shape"])
    if offset != len(data):
        raise ValueError(f"{len(data) - offset} bytes of weights are not in the manifest")
    return weights
