"""Every card is complete, and no weights are loaded but its own."""

import shutil
from pathlib import Path

import pytest

from models.registry import ARCHITECTURES, WEIGHTS_DIR, WeightsError, card_names, load, read_card


@pytest.mark.parametrize("name", card_names())
def test_a_card_tells_all_that_a_user_of_the_weights_must_know(name: str) -> None:
    card = read_card(name)
    assert card.name == name
    assert card.architecture in ARCHITECTURES
    assert len(card.source.files) == 2
    assert all(len(digest) == 64 for digest in card.source.files.values())
    assert card.accuracy
    assert len(set(card.outputs)) == len(card.outputs)
    assert card.licence == "MIT"


@pytest.mark.parametrize("name", card_names())
def test_other_bytes_than_the_cards_are_refused(name: str, tmp_path: Path) -> None:
    file = read_card(name).weights.file
    shutil.copy(WEIGHTS_DIR / file, tmp_path)
    data = bytearray((tmp_path / file).read_bytes())
    data[-1] ^= 1
    (tmp_path / file).write_bytes(data)
    with pytest.raises(WeightsError, match="digest"):
        load(name, tmp_path)


def test_missing_weights_name_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="make setup"):
        load(card_names()[0], tmp_path)
