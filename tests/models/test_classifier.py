"""What serving gets: every plan of crops, any number of faces, calibrated as the cards say."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.classifier import AGE_GENDER, EMOTIONS, EXPRESSION, GENDERS, FaceClassifier
from models.preprocess import AGE_GENDER_CROPS, CHIP_SIZE_PX, EXPRESSION_CROPS, Crop, Crops
from models.registry import AgeCorrection, Calibration, Card, read_card
from tests.models.faces import reference_chips

_loaded: dict[Crops, FaceClassifier] = {}


@pytest.fixture(params=list(Crops))
def plan(request: pytest.FixtureRequest) -> Crops:
    return Crops(request.param)


@pytest.fixture
def classifier(plan: Crops) -> FaceClassifier:
    if plan not in _loaded:
        _loaded[plan] = FaceClassifier.load(crops=plan)
    return _loaded[plan]


def test_a_face_gets_the_same_estimate_alone_and_in_a_batch(classifier: FaceClassifier) -> None:
    chips = reference_chips()
    together = classifier.predict(chips)
    assert np.ptp(together.age_years) > 5, "the faces differ"
    for i in range(len(chips)):
        alone = classifier.predict(chips[i : i + 1])
        np.testing.assert_allclose(alone.age_years[0], together.age_years[i], atol=1e-3)
        np.testing.assert_allclose(alone.gender[0], together.gender[i], atol=1e-4)
        np.testing.assert_allclose(alone.emotion[0], together.emotion[i], atol=1e-4)


def test_probabilities_sum_to_one(classifier: FaceClassifier) -> None:
    got = classifier.predict(reference_chips())
    for probabilities in (got.gender, got.emotion):
        assert probabilities.dtype == np.float32
        assert probabilities.min() >= 0
        np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_no_faces_give_no_estimates(classifier: FaceClassifier) -> None:
    got = classifier.predict(np.zeros((0, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8))
    assert got.age_years.shape == got.age_low_years.shape == got.age_high_years.shape == (0,)
    assert got.gender.shape == (0, len(GENDERS))
    assert got.emotion.shape == (0, len(EMOTIONS))


def test_each_estimate_alone_is_what_all_together_say(classifier: FaceClassifier) -> None:
    chips = reference_chips()
    together = classifier.predict(chips)
    alone = classifier.ages_and_genders(chips)
    for name in ("age_years", "age_low_years", "age_high_years", "gender"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(together, name))
    np.testing.assert_array_equal(classifier.emotions(chips), together.emotion)


def test_a_mirrored_face_gets_the_same_estimate_where_the_plan_looks_at_both_sides(
    plan: Crops, classifier: FaceClassifier
) -> None:
    """Measured: no difference at all. With one look only, ages change by 5 years on average."""
    chips = reference_chips()
    here, there = (classifier.predict(faces) for faces in (chips, np.ascontiguousarray(chips[:, :, ::-1])))
    if is_symmetric(AGE_GENDER_CROPS[plan]):
        np.testing.assert_allclose(there.age_years, here.age_years, atol=0.5)
        np.testing.assert_allclose(there.gender, here.gender, atol=0.01)
    if is_symmetric(EXPRESSION_CROPS[plan]):
        np.testing.assert_allclose(there.emotion, here.emotion, atol=0.02)
    assert np.median(abs(there.age_years - here.age_years)) < 8
    assert np.median(abs(there.gender - here.gender)) < 0.1
    assert np.median(abs(there.emotion - here.emotion)) < 0.1


def is_symmetric(looks: tuple[Crop, ...]) -> bool:
    return {Crop(side, not mirrored) for side, mirrored in looks} == set(looks)


def test_the_version_tells_weights_and_plan_apart(plan: Crops, classifier: FaceClassifier) -> None:
    for name in (AGE_GENDER, EXPRESSION):
        assert read_card(name).weights.sha256[:8] in classifier.version
    assert classifier.version.endswith(plan)


def test_every_plan_looks_at_squares_within_the_chip() -> None:
    assert AGE_GENDER_CROPS.keys() == EXPRESSION_CROPS.keys() == set(Crops)
    for plans in (AGE_GENDER_CROPS, EXPRESSION_CROPS):
        assert len(plans[Crops.FAST]) <= len(plans[Crops.BALANCED]) <= len(plans[Crops.THOROUGH])
        for looks in plans.values():
            assert looks
            assert len(set(looks)) == len(looks)
            assert all(0 < side <= CHIP_SIZE_PX and side % 2 == 0 for side, _ in looks)


CORRECTION = AgeCorrection(
    from_years=20, offset=1, slope=0.5, interval_ages=(0, 40, 80), interval_half_widths=(6, 10, 20), fitted_on="none"
)


def calibrated(name: str, temperature: float, correction: AgeCorrection | None) -> Card:
    calibration = Calibration(temperature=temperature, fitted_on="none")
    return read_card(name).model_copy(update={"calibration": calibration, "age_correction": correction})


def stand_in(
    ages: list[float], correction: AgeCorrection | None = None, temperature: float = 1.0, plan: Crops = Crops.BALANCED
) -> FaceClassifier:
    """A classifier whose nets say these ages, whatever they see; each look at a face a little more than the one before."""

    def repeated(each: list[list[float]], images: NDArray[np.uint8]) -> NDArray[np.float32]:
        looks = len(images) // len(each)
        off_the_mean = np.tile(np.arange(looks) - (looks - 1) / 2, len(each))
        return (np.repeat(each, looks, axis=0) + off_the_mean[:, None]).astype(np.float32)

    def age_gender(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        return repeated([[age] for age in ages], images)[:, 0], repeated([[2, 0] for _ in ages], images)

    def expression(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        return (repeated([list(range(7)) for _ in ages], images),)

    cards = (calibrated(AGE_GENDER, temperature, correction), calibrated(EXPRESSION, temperature, None))
    return FaceClassifier(age_gender, expression, cards, plan)


@dataclass
class CountingNet:
    """A net that counts its runs."""

    outputs: tuple[tuple[int, ...], ...]
    runs: int = 0

    def __call__(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        self.runs += 1
        return tuple(np.ones((len(images), *shape), np.float32) for shape in self.outputs)


def test_a_net_runs_where_its_estimates_are_asked_for_and_there_are_faces_and_not_otherwise() -> None:
    age_gender, expression = CountingNet(((), (2,))), CountingNet(((7,),))
    counted = FaceClassifier(age_gender, expression, (read_card(AGE_GENDER), read_card(EXPRESSION)), Crops.BALANCED)
    counted.ages_and_genders(blank(2))
    assert (age_gender.runs, expression.runs) == (1, 0)
    counted.emotions(blank(2))
    assert (age_gender.runs, expression.runs) == (1, 1)
    counted.predict(blank(2))
    assert (age_gender.runs, expression.runs) == (2, 2)
    assert counted.ages_and_genders(blank(0)).gender.shape == (0, 2)
    assert counted.emotions(blank(0)).shape == (0, 7)
    counted.predict(blank(0))
    assert (age_gender.runs, expression.runs) == (2, 2)


def blank(faces: int) -> NDArray[np.uint8]:
    return np.zeros((faces, CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8)


def test_an_estimate_is_the_mean_over_all_looks_at_its_own_face(plan: Crops) -> None:
    got = stand_in([10, 30, 50], plan=plan).raw(blank(3))
    np.testing.assert_allclose(got.age_years, [10, 30, 50], atol=1e-4)
    np.testing.assert_allclose(got.emotion_logits.mean(1), [3, 3, 3], atol=1e-4)


def test_ages_are_corrected_from_an_age_on_and_lie_within_their_interval() -> None:
    got = stand_in([2, 19, 30, 60, 100], CORRECTION).predict(blank(5))
    np.testing.assert_allclose(got.age_years, [2, 19, 36, 81, 141], rtol=1e-5)
    half_widths = np.interp(got.age_years, CORRECTION.interval_ages, CORRECTION.interval_half_widths)
    np.testing.assert_allclose(got.age_high_years, got.age_years + half_widths, rtol=1e-5)
    np.testing.assert_allclose(got.age_low_years, np.maximum(got.age_years - half_widths, 0), rtol=1e-5)
    assert got.age_low_years[0] == 0, "nobody is younger than that"


def test_without_a_correction_an_age_stays_and_its_interval_is_unknown() -> None:
    got = stand_in([30]).predict(blank(1))
    assert got.age_years[0] == pytest.approx(30)
    assert np.isnan(got.age_low_years).all()
    assert np.isnan(got.age_high_years).all()


def test_a_temperature_above_one_makes_estimates_less_sure_of_the_same_thing() -> None:
    sure, unsure = (stand_in([30], temperature=temperature).predict(blank(1)) for temperature in (1, 2))
    for before, after in ((sure.gender, unsure.gender), (sure.emotion, unsure.emotion)):
        assert before.argmax() == after.argmax()
        assert before.max() > after.max()
        np.testing.assert_allclose(after.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(np.log(sure.gender[0, 1] / sure.gender[0, 0]), 2, atol=1e-5)
    np.testing.assert_allclose(np.log(unsure.gender[0, 1] / unsure.gender[0, 0]), 1, atol=1e-5)


def test_genders_and_emotions_are_put_in_the_order_that_serving_names() -> None:
    """The nets have orders of their own; the cards say which."""
    got = stand_in([30]).predict(blank(1))
    assert GENDERS[int(got.gender.argmax())] == "male", "the net's first"
    assert EMOTIONS[int(got.emotion.argmax())] == read_card(EXPRESSION).outputs[-1]
    assert sorted(EMOTIONS) == sorted(read_card(EXPRESSION).outputs)


def test_an_age_on_the_real_card_lies_within_its_interval(classifier: FaceClassifier) -> None:
    got = classifier.predict(reference_chips())
    if read_card(AGE_GENDER).age_correction is None:
        assert np.isnan(got.age_low_years).all()
    else:
        assert (got.age_low_years >= 0).all()
        assert (got.age_low_years < got.age_years).all()
        assert (got.age_years < got.age_high_years).all()
