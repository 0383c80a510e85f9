import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.quality import REJECTED_BEYOND, USABLE_BEYOND
from services.faceapi.domain.picture import blur, exposure, noise

MEASURES = st.floats(0, 1000, allow_nan=False)


def test_levels_change_where_faces_stop_being_good_and_stop_being_usable() -> None:
    assert blur(USABLE_BEYOND.sharpness * 1.1)[0] == "Low"
    assert blur(USABLE_BEYOND.sharpness * 0.9)[0] == "Medium"
    assert blur(REJECTED_BEYOND.sharpness * 0.9)[0] == "High"
    assert exposure(USABLE_BEYOND.darkest - 2)[0] == "UnderExposure"
    assert exposure(USABLE_BEYOND.darkest + 2)[0] == "GoodExposure"
    assert exposure(USABLE_BEYOND.brightest - 2)[0] == "GoodExposure"
    assert exposure(USABLE_BEYOND.brightest + 2)[0] == "OverExposure"


@given(MEASURES, MEASURES)
def test_values_stay_within_the_scale_and_keep_the_order(one: float, other: float) -> None:
    for scale, sign in ((blur, -1), (exposure, 1), (noise, 1)):
        values = [scale(measure)[1] for measure in sorted((one, other))]
        assert all(0 <= value <= 1 for value in values)
        assert sign * values[0] <= sign * values[1]


@given(MEASURES)
def test_a_level_is_the_one_that_azure_gives_its_value(measure: float) -> None:
    for level, value in (blur(measure), noise(measure)):
        low, high = (0.25, 0.75) if (level, value) == blur(measure) else (0.3, 0.7)
        assert level == ("Low" if value < low else "Medium" if value < high else "High")


@pytest.mark.parametrize(("deviation", "level"), [(2, "Low"), (6, "Medium"), (12, "High")])
def test_noise_has_levels(deviation: float, level: str) -> None:
    assert noise(deviation)[0] == level
