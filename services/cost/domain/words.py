"""Numbers as they are said: no more of their digits than is known. Pure."""

import math
from typing import Final

_DIGITS: Final = 2


def about(value: float) -> str:
    """A number in two digits, which is more than any assumption is good for: 1,700, 11, 0.35."""
    if value == 0:
        return "0"
    places = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    # 9.96 becomes 10, whose second digit is before the point.
    places = _DIGITS - 1 - math.floor(math.log10(abs(rounded)))
    text = f"{rounded:,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def dollars(value: float | None) -> str:
    """Money in two digits; nothing where there is none to pay."""
    return "" if value is None else f"${about(value)}"


def in_unit(value: float, unit: str) -> str:
    """A number as it was put in, with its unit: $10,000, 1 server, 12.5 ms."""
    number = f"{value:,.10g}"
    if unit == "$":
        return f"${number}"
    return f"{number} {unit.removesuffix('s') if value == 1 and unit != 'ms' else unit}".rstrip()


def counted(number: int, noun: str) -> str:
    """1 server, 2 servers."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
