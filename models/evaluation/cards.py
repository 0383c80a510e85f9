"""The figures that are stored on the nets' cards, checked for form where there are no faces to measure them on."""

import math
from typing import Final

from pydantic import ValidationError
from rich.table import Table

from models.registry import Accuracy, Card, card_names, read_card

# By a word of a figure's measure.
_MOST_OF: Final = {"share": 1.0, "years": 120.0}


class CardError(Exception):
    """A card's figures cannot be right."""


def check() -> list[Card]:
    """Read all cards.

    Raises:
        CardError: one is malformed, has no figures, or figures that their measures do not allow.
    """
    cards = []
    for name in card_names():
        try:
            card = read_card(name)
        except (ValidationError, ValueError) as error:
            raise CardError(f"{name}: {error}") from error
        if not card.accuracy:
            raise CardError(f"{name} has no figures")
        for figure in card.accuracy:
            check_figure(name, figure)
        cards.append(card)
    return cards


def check_figure(name: str, figure: Accuracy) -> None:
    """Check one figure against what its measure allows: shares lie between 0 and 1, years between 0 and 120.

    Raises:
        CardError: it cannot be right.
    """
    most = next((most for word, most in _MOST_OF.items() if word in figure.measure.split()), math.inf)
    if not 0 <= figure.value <= most:
        raise CardError(f"{name}: {figure.measure} is {figure.value}, which cannot be")


def table(cards: list[Card]) -> Table:
    """Stored figures, for the terminal."""
    grid = Table(title="Figures on the cards (stored, not measured now)")
    for column in ("net", "measured on", "measure"):
        grid.add_column(column)
    grid.add_column("figure", justify="right")
    for card in cards:
        for figure in card.accuracy:
            grid.add_row(card.name, figure.data, figure.measure, f"{figure.value:g}")
    return grid
