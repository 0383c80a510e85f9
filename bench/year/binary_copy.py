"""Rows for Postgres's binary COPY, laid out by numpy: asyncpg would encode an array of 192 numbers one by one.

Every row of a block has the same length, so that it is one packed record.
Source: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
_INTEGER_OID: Final = 23
_EPOCH: Final = date(2000, 1, 1)
Column = npt.NDArray[Any]


def day_number(day: date) -> int:
    """A date as Postgres stores it."""
    return (day - _EPOCH).days


def rows(columns: Mapping[str, Column | bytes]) -> bytes:
    """Rows of a table.

    Args:
        columns: in the order that COPY names them: int16 for smallint, int32 for integer and date (see `day_number`),
            float32 for real, int64 for timestamptz (microseconds since 2000), int32 of shape (rows, n) for integer[];
            bytes for an enumeration's label or a text that all rows share.

    Returns:
        All rows, without HEADER and TRAILER.
    """
    count = next(len(values) for values in columns.values() if isinstance(values, np.ndarray))
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, values in columns.items():
        fields += _layout(name, values)
    block = np.zeros(count, dtype=np.dtype(fields))
    block["fields"] = len(columns)
    for name, values in columns.items():
        _fill(block, name, values)
    return block.tobytes()


def _layout(name: str, values: Column | bytes) -> Sequence[tuple[str, Any]]:
    length = (f"{name}#", ">i4")
    if isinstance(values, bytes):
        return [length, (name, f"S{len(values)}")]
    if values.ndim == 2:
        head = [(f"{name}#{part}", ">i4") for part in ("dimensions", "nulls", "type", "size", "first")]
        elements: Any = (name, [("length", ">i4"), ("value", ">i4")], (values.shape[1],))
        return [length, *head, elements]
    return [length, (name, values.dtype.newbyteorder(">"))]


def _fill(block: npt.NDArray[np.void], name: str, values: Column | bytes) -> None:
    if isinstance(values, bytes):
        block[f"{name}#"] = len(values)
        block[name] = values
    elif values.ndim == 2:
        size = values.shape[1]
        block[f"{name}#"] = 20 + 8 * size
        for part, number in (("dimensions", 1), ("nulls", 0), ("type", _INTEGER_OID), ("size", size), ("first", 1)):
            block[f"{name}#{part}"] = number
        block[name]["length"] = 4
        block[name]["value"] = values
    else:
        block[f"{name}#"] = values.dtype.itemsize
        block[name] = values
