"""The order of qualities."""

import pytest

from services.common.vocabulary import Quality


@pytest.mark.parametrize(
    ("quality", "reached"),
    [
        (Quality.GOOD, {Quality.GOOD, Quality.USABLE, Quality.REJECTED}),
        (Quality.USABLE, {Quality.USABLE, Quality.REJECTED}),
        (Quality.REJECTED, {Quality.REJECTED}),
    ],
)
def test_a_quality_reaches_itself_and_every_worse_one(quality: Quality, reached: set[Quality]) -> None:
    assert {least for least in Quality if quality.reaches(least)} == reached
