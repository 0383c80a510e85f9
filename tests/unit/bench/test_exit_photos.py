import pytest

from bench.exit_photos import hard_for


@pytest.mark.parametrize(("easy", "hard"), [(12, 3), (8, 2), (11, 3)])
def test_one_photo_in_five_is_hard(easy: int, hard: int) -> None:
    assert hard_for(easy) == hard
