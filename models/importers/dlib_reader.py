"""dlib's serialised numbers, texts and tensors. The format has no tags: a reader must know what comes next.

Source: dlib/serialize.h, dlib/float_details.h, dlib/cuda/tensor.h. https://github.com/davisking/dlib
"""

import math

import numpy as np
from numpy.typing import NDArray

_INFINITIES = {32000: math.inf, 32001: -math.inf}
_FIRST_SPECIAL_EXPONENT = 32000
_TENSOR_VERSION = 2
_ALIAS_VERSION = 1
_SIGN, _RESERVED, _LENGTH = 0x80, 0x70, 0x0F
_LONGEST_INTEGER = 8


class Reader:
    """Reads on from where it is. Every method raises ValueError where the bytes are not what it expects."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def integer(self) -> int:
        """A control byte with sign and length, and that many bytes."""
        control = self._take(1)[0]
        length = control & _LENGTH
        if control & _RESERVED or not 1 <= length <= _LONGEST_INTEGER:
            raise ValueError(f"byte {self._position - 1} begins no integer")
        value = int.from_bytes(self._take(length), "little")
        return -value if control & _SIGN else value

    def number(self) -> float:
        """Mantissa and exponent of 2."""
        mantissa, exponent = self.integer(), self.integer()
        if exponent >= _FIRST_SPECIAL_EXPONENT:
            return _INFINITIES.get(exponent, math.nan)
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as error:
            raise ValueError(f"a number of exponent {exponent}") from error

    def boolean(self) -> bool:
        """The character 0 or 1."""
        character = self._take(1)
        if character not in (b"0", b"1"):
            raise ValueError(f"byte {self._position - 1} is neither 0 nor 1")
        return character == b"1"

    def byte(self) -> int:
        """One byte."""
        return self._take(1)[0]

    def text(self) -> str:
        """Length and characters."""
        return self._take(self.integer()).decode("ascii")

    def tensor(self) -> NDArray[np.float32]:
        """Shape, and all values."""
        shape = self._shape(_TENSOR_VERSION)
        return np.frombuffer(self._take(4 * math.prod(shape)), "<f4").reshape(shape)

    def alias(self) -> tuple[int, ...]:
        """Shape of a part of another tensor."""
        return self._shape(_ALIAS_VERSION)

    def numbers(self, count: int) -> list[float]:
        """So many numbers."""
        return [self.number() for _ in range(count)]

    def end(self) -> None:
        """Nothing may be left."""
        if self._position != len(self._data):
            raise ValueError(f"{len(self._data) - self._position} bytes are left over")

    def _shape(self, version: int) -> tuple[int, ...]:
        found = self.integer()
        if found != version:
            raise ValueError(f"a tensor of version {found}, not {version}")
        return tuple(self.integer() for _ in range(4))

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if count < 0:
            raise ValueError(f"a length of {count}")
        if end > len(self._data):
            raise ValueError("the file ends too early")
        taken = self._data[self._position : end]
        self._position = end
        return taken
