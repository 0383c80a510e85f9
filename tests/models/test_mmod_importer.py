"""Reading dlib's files: its numbers, and the one net that is made of them."""

import hashlib
import math
from collections.abc import Callable

import numpy as np
import pytest
import safetensors.torch
from hypothesis import given
from hypothesis import strategies as st

from models.architectures.mmod import CONVOLUTIONS
from models.importers.dlib_reader import Reader
from models.importers.mmod_dat import convert, read_mmod
from models.importers.package_files import package_folder, read_files
from models.registry import read_card

CARD = read_card("dlib-mmod-face")


def integer(value: int) -> bytes:
    """As dlib writes it: a byte with sign and length, and the fewest bytes that hold the value."""
    length = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([length | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(length, "little")


def number(value: float) -> bytes:
    """As dlib writes it: a whole mantissa and an exponent of 2; exponents from 32000 on stand for what has none."""
    if math.isnan(value):
        return integer(0) + integer(32002)
    if math.isinf(value):
        return integer(0) + integer(32000 if value > 0 else 32001)
    mantissa, exponent = math.frexp(value)
    return integer(int(math.ldexp(mantissa, 53))) + integer(exponent - 53)


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode()


def shape(version: int, *sizes: int) -> bytes:
    return b"".join(map(integer, (version, *sizes)))


@given(st.integers(-(2**64) + 1, 2**64 - 1))
def test_integers_are_read_with_their_sign(value: int) -> None:
    reader = Reader(integer(value))
    assert reader.integer() == value
    reader.end()


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"\x01\x00", 0), (b"\x01\x07", 7), (b"\x81\x07", -7), (b"\x02\x00\x01", 256), (b"\x03\x01\x00\x00", 1)],
)
def test_integers_are_little_endian_after_a_byte_with_sign_and_length(data: bytes, value: int) -> None:
    assert Reader(data).integer() == value


@pytest.mark.parametrize("control", [0x00, 0x80, 0x09, 0x0F, 0x11, 0x41, 0xFF])
def test_a_byte_that_begins_no_integer_is_refused(control: int) -> None:
    with pytest.raises(ValueError, match="begins no integer"):
        Reader(bytes([control, *range(16)])).integer()


@given(st.floats(allow_nan=False))
def test_numbers_are_read_to_the_last_bit(value: float) -> None:
    reader = Reader(number(value))
    assert reader.number() == value
    reader.end()


def test_what_is_no_number_is_read_as_such() -> None:
    read = Reader(b"".join(map(number, (math.inf, -math.inf, math.nan, 0.5)))).numbers(4)
    assert read[:2] == [math.inf, -math.inf]
    assert math.isnan(read[2])
    assert read[3] == 0.5


def test_booleans_bytes_and_texts_follow_each_other() -> None:
    reader = Reader(b"10" + b"\xff" + text("con_4") + text(""))
    assert [reader.boolean(), reader.boolean(), reader.byte(), reader.text(), reader.text()] == [
        True,
        False,
        255,
        "con_4",
        "",
    ]
    reader.end()


def test_a_tensor_has_its_shape_and_values_and_an_alias_its_shape() -> None:
    values = np.arange(6, dtype="<f4")
    reader = Reader(shape(2, 1, 2, 3, 1) + values.tobytes() + shape(1, 4, 5, 6, 7) + shape(2, 0, 0, 0, 0))
    np.testing.assert_array_equal(reader.tensor(), values.reshape(1, 2, 3, 1))
    assert reader.alias() == (4, 5, 6, 7)
    assert reader.tensor().size == 0
    reader.end()


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", Reader.integer),
        (b"\x02\x01", Reader.integer),
        (integer(3), Reader.number),
        (b"", Reader.boolean),
        (b"2", Reader.boolean),
        (b"\x01", Reader.boolean),
        (b"", Reader.byte),
        (integer(5) + b"con_", Reader.text),
        (integer(2) + b"\xc3\xbc", Reader.text),
        (shape(2, 1, 1, 1, 2) + bytes(7), Reader.tensor),
        (shape(2, 1, 1), Reader.tensor),
        (shape(1, 1, 1, 1, 1) + bytes(4), Reader.tensor),
        (shape(2, 1, 1, 1, 1), Reader.alias),
    ],
    ids=[
        "no integer",
        "half an integer",
        "no exponent",
        "no boolean",
        "a digit",
        "a byte",
        "no byte",
        "half a text",
        "no ASCII",
        "half a tensor",
        "half a shape",
        "an alias for a tensor",
        "a tensor for an alias",
    ],
)
def test_what_is_cut_off_or_something_else_is_refused(data: bytes, read: Callable[[Reader], object]) -> None:
    with pytest.raises(ValueError):
        read(Reader(data))


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (integer(-1) + b"x", Reader.text),
        (shape(2, -1, 1, 1, 1) + bytes(4), Reader.tensor),
        (integer(1) + integer(5000), Reader.number),
    ],
    ids=["a text", "a tensor", "a number"],
)
def test_a_length_below_zero_or_a_number_beyond_all_floats_is_refused(
    data: bytes, read: Callable[[Reader], object]
) -> None:
    with pytest.raises(ValueError):
        read(Reader(data))


def test_what_is_left_over_is_refused() -> None:
    reader = Reader(integer(7) + b"\0\0")
    reader.integer()
    with pytest.raises(ValueError, match="2 bytes are left over"):
        reader.end()


@pytest.fixture(scope="module")
def file() -> bytes:
    (content,) = read_files(CARD)
    return content


def test_the_net_is_read_with_its_normalisation_folded_in(file: bytes) -> None:
    tensors = read_mmod(file)
    assert len(tensors) == 2 * len(CONVOLUTIONS)
    inputs = 3
    for i, (filters, window, _, _) in enumerate(CONVOLUTIONS):
        assert tensors[f"convolutions.{i}.weight"].shape == (filters, inputs, window, window)
        assert tensors[f"convolutions.{i}.bias"].shape == (filters,)
        assert all(tensors[f"convolutions.{i}.{kind}"].isfinite().all() for kind in ("weight", "bias"))
        inputs = filters


def test_the_conversion_is_the_one_on_the_card(file: bytes) -> None:
    weights = convert(CARD, (file,))
    assert hashlib.sha256(weights).hexdigest() == CARD.weights.sha256
    assert safetensors.torch.load(weights).keys() == read_mmod(file).keys()


@pytest.mark.parametrize("length", [0, 1, 2, 13, 60, 150, 300, 1000, 5000, 100_000, -1000, -1])
def test_a_net_that_is_cut_off_is_refused(file: bytes, length: int) -> None:
    with pytest.raises(ValueError):
        read_mmod(file[:length])


@pytest.mark.parametrize("more", [b"\0", b"10", bytes(1000)], ids=["a byte", "two", "many"])
def test_a_net_that_goes_on_is_refused(file: bytes, more: bytes) -> None:
    with pytest.raises(ValueError, match="left over"):
        read_mmod(file + more)


@pytest.mark.parametrize(
    "other", ["dlib_face_recognition_resnet_model_v1.dat", "shape_predictor_5_face_landmarks.dat"], ids=["net", "trees"]
)
def test_another_of_dlibs_models_is_refused(other: str) -> None:
    with pytest.raises(ValueError):
        read_mmod((package_folder(CARD.source) / "models" / other).read_bytes())


@pytest.mark.parametrize(
    ("theirs", "others"),
    [
        (text("loss_mmod_"), text("loss_mean_")),
        (text("input_rgb_image_pyramid"), text("input_grayscale_pyramid")),
        (integer(80) + integer(80), integer(80) + integer(40)),
        (text("con_4"), text("fc_22")),
        (text("bn_con2"), text("bn_fc22")),
        (text("relu_"), text("sig__")),
    ],
    ids=["loss", "input", "window", "layer", "normalisation", "rectifier"],
)
def test_a_net_of_other_parts_is_refused(file: bytes, theirs: bytes, others: bytes) -> None:
    assert theirs in file
    with pytest.raises(ValueError):
        read_mmod(file.replace(theirs, others, 1))
