"""Reading other people's weights."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from models.importers.tfjs_weights import read_weights


def manifest(*entries: Mapping[str, object]) -> bytes:
    return json.dumps([{"paths": ["w.bin"], "weights": list(entries)}]).encode()


def test_quantised_weights_are_restored() -> None:
    entry = {"name": "a", "shape": [2], "dtype": "float32"}
    quantised = entry | {"quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}}
    np.testing.assert_array_equal(read_weights(manifest(quantised), bytes([0, 4]))["a"], [-1.0, 1.0])


@pytest.mark.parametrize("data", [bytes(7), bytes(9)], ids=["too short", "too long"])
def test_a_manifest_and_data_that_do_not_belong_together_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="weights"):
        read_weights(manifest({"name": "a", "shape": [2], "dtype": "float32"}), data)
