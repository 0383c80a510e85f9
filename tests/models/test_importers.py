"""Reading other people's weights."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from models.importers import onnx_weights
from models.importers.__main__ import CONVERTERS
from models.importers.package_files import package_folder, read_files
from models.importers.tfjs_weights import read_weights
from models.registry import Card, WeightsError, card_names, read_card


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


def field(number: int, content: bytes) -> bytes:
    """A field of a Protocol Buffers message: text, bytes or another message."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def tensor(name: str, dims: tuple[int, ...], data_type: int, data: bytes) -> bytes:
    sizes = b"".join(bytes([1 << 3, size]) for size in dims)
    return sizes + bytes([2 << 3, data_type]) + field(8, name.encode()) + field(9, data)


def onnx(*tensors: bytes) -> bytes:
    producer = field(2, b"somebody")
    return producer + field(7, b"".join(field(5, each) for each in tensors))


def test_an_onnx_files_floats_are_read_and_its_whole_numbers_are_not() -> None:
    data = np.arange(6, dtype="<f4")
    file = onnx(tensor("a", (2, 3), 1, data.tobytes()), tensor("pads", (1,), 7, bytes(8)))
    arrays = onnx_weights.read_weights(file)
    assert list(arrays) == ["a"]
    np.testing.assert_array_equal(arrays["a"], data.reshape(2, 3))


@pytest.mark.parametrize(
    "file",
    [b"", b"PK\x03\x04 not at all", onnx(tensor("half", (1,), 10, bytes(2))), onnx(tensor("a", (3,), 1, bytes(4)))],
    ids=["empty", "no ONNX", "16-bit floats", "too short"],
)
def test_what_is_no_such_onnx_file_is_refused(file: bytes) -> None:
    with pytest.raises(ValueError):
        onnx_weights.read_weights(file)


def test_every_package_has_a_converter() -> None:
    assert {read_card(name).source.package for name in card_names()} <= CONVERTERS.keys()


def changed(card: Card, **source: object) -> Card:
    return card.model_copy(update={"source": card.source.model_copy(update=source)})


@pytest.mark.parametrize("name", ["face-api-expression", "cc0-gender", "dlib-mmod-face"])
def test_files_of_a_package_are_those_of_the_card(name: str) -> None:
    card = read_card(name)
    assert [len(content) for content in read_files(card)] == [
        (package_folder(card.source) / path).stat().st_size for path in card.source.files
    ]
    other = dict.fromkeys(card.source.files, "0" * 64)
    with pytest.raises(WeightsError, match="digest"):
        read_files(changed(card, files=other))
    with pytest.raises(WeightsError, match="make setup"):
        read_files(changed(card, files={"model/nothing.bin": "0" * 64}))
    with pytest.raises(WeightsError, match="make setup"):
        read_files(changed(card, package="no-such-package"))
