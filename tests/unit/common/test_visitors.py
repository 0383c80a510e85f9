"""Bands, thresholds and groups."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.visitors import CELLS, EMOTIONS, Group, age_band, gender, mood
from services.common.vocabulary import AgeBand, Gender, Mood


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (-3, AgeBand.AGE_0_12),
        (12.99, AgeBand.AGE_0_12),
        (13, AgeBand.AGE_13_17),
        (17.9, AgeBand.AGE_13_17),
        (18, AgeBand.AGE_18_24),
        (34.999, AgeBand.AGE_25_34),
        (45, AgeBand.AGE_45_54),
        (64.9, AgeBand.AGE_55_64),
        (65, AgeBand.AGE_65_UP),
        (140, AgeBand.AGE_65_UP),
    ],
)
def test_a_band_holds_completed_years(age: float, band: AgeBand) -> None:
    assert age_band(age) == band


@given(st.floats(0, 120), st.floats(0, 120))
def test_an_older_face_is_never_in_a_younger_band(one: float, other: float) -> None:
    bands = list(AgeBand)
    younger, older = sorted((one, other))
    assert bands.index(age_band(younger)) <= bands.index(age_band(older))


@given(st.floats(0, 1), st.floats(0.5, 1))
def test_gender_is_known_exactly_when_it_is_likely_enough(female: float, threshold: float) -> None:
    known = gender(female, threshold)
    assert (known is Gender.UNKNOWN) == (max(female, 1 - female) < threshold)
    if known is Gender.FEMALE:
        assert female >= 0.5


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7), st.floats(0, 1))
def test_mood_is_the_likeliest_emotion_or_unknown(probabilities: list[float], threshold: float) -> None:
    found = mood(probabilities, threshold)
    if max(probabilities) < threshold:
        assert found is Mood.UNKNOWN
    else:
        assert probabilities[EMOTIONS.index(found)] == max(probabilities)


def test_every_group_has_a_cell_of_its_own_in_the_vocabularys_order() -> None:
    groups = [Group(*of) for of in product(Gender, AgeBand, Mood)]
    assert [group.cell for group in groups] == list(range(CELLS))
