"""Rows laid out by numpy are what Postgres reads from a binary COPY."""

import struct
from datetime import date

import numpy as np

from bench.year.binary_copy import day_number, rows
from bench.year.in_order import InOrder, labelled_blocks


def fields(content: bytes) -> list[list[bytes]]:
    """Rows of a binary COPY, each field's bytes."""
    found: list[list[bytes]] = []
    at = 0
    while at < len(content):
        (count,) = struct.unpack_from(">h", content, at)
        at += 2
        row = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", content, at)
            row.append(content[at + 4 : at + 4 + length])
            at += 4 + length
        found.append(row)
    return found


def test_numbers_and_labels_are_laid_out_in_network_order() -> None:
    content = rows({
        "camera": np.array([1, 2], np.int32), "hour": np.array([23, 0], np.int16), "outcome": b"no_face",
    })  # fmt: skip
    assert fields(content) == [[b"\0\0\0\1", b"\0\x17", b"no_face"], [b"\0\0\0\2", b"\0\0", b"no_face"]]


def test_an_array_says_its_dimension_type_size_and_elements() -> None:
    ((cells,),) = fields(rows({"cells": np.array([[7, -1, 300]], np.int32)}))
    assert struct.unpack(">8i", cells[:20] + cells[20:32]) == (1, 0, 23, 3, 1, 4, 7, 4)
    assert struct.unpack(">6i", cells[20:]) == (4, 7, 4, -1, 4, 300)


def test_days_are_counted_from_the_year_2000() -> None:
    assert day_number(date(2000, 1, 1)) == 0
    assert day_number(date(2001, 1, 1)) == 366


def test_labels_get_blocks_of_their_own() -> None:
    table = InOrder()
    table.add({"day": np.array([2, 1, 1], np.int32), "outcome": np.array([0, 1, 0], np.int8)})
    found = [fields(block) for block in labelled_blocks(table, ("faces", "burst"), "outcome", "day")]
    assert [[row[1] for row in block] for block in found] == [[b"faces", b"faces"], [b"burst"]]
    assert len(table) == 0


def test_nothing_is_no_block() -> None:
    table = InOrder()
    table.add({"day": np.array([], np.int32)})
    assert list(table.take("day")) == []
