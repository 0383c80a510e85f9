"""Estates and secrets as CSV files."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from services.estate.domain import COLUMNS, REQUIRED_COLUMNS, CameraLine, EstateError, NewSecret, cells, check


def read_estate(path: Path) -> list[CameraLine]:
    """The cameras that a file lists.

    Raises:
        EstateError: naming all that is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return parse_estate(file)
    except (OSError, UnicodeDecodeError) as error:
        raise EstateError([f"{path} cannot be read: {error}"]) from error


def parse_estate(text: Iterable[str]) -> list[CameraLine]:
    """The cameras that lines of CSV list.

    Args:
        text: lines with their ends.

    Raises:
        EstateError: naming all that is wrong.
    """
    try:
        reader = csv.DictReader(text)
        columns = reader.fieldnames or ()
        if len(columns) == 1 and ";" in columns[0]:
            raise EstateError(["the columns are separated by semicolons: save the file with commas between them"])
        if missing := [column for column in REQUIRED_COLUMNS if column not in columns]:
            raise EstateError([f"columns missing: {', '.join(missing)}. There must be: {', '.join(REQUIRED_COLUMNS)}"])
        if unknown := [column for column in columns if column not in COLUMNS]:
            raise EstateError([f"columns unknown: {', '.join(unknown)}. There can be: {', '.join(COLUMNS)}"])
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise EstateError([f"it is no CSV: {error}"]) from error
    if too_long := [number for number, row in rows if None in row]:
        raise EstateError(
            [f"line {number}: more cells than columns; a comma in a cell needs quotes around it" for number in too_long]
        )
    return check(rows)


def write_estate(lines: Iterable[CameraLine], file: TextIO) -> None:
    """List cameras as `read_estate` reads them."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(line) for line in lines)


def reserve_secrets(path: Path) -> TextIO:
    """A new file that only this user may read, made before there is anything to lose.

    Raises:
        EstateError: it exists already, or cannot be made.
    """
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="")
    except OSError as error:
        raise EstateError([f"{path} cannot be made: {error.strerror}"]) from error


def write_secrets(secrets: Iterable[NewSecret], file: TextIO) -> None:
    """List new cameras' logins."""
    writer = csv.writer(file, lineterminator="\n")  # scripts cut their lines
    writer.writerow(("camera", "login", "secret"))
    writer.writerows((secret.camera, secret.login, secret.secret) for secret in secrets)
