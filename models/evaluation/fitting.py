"""Fitting what goes on the cards, on the even rows of the labels."""

from typing import Final

from models.evaluation.calibration import (
    ADULT_YEARS,
    calibration_toml,
    correction_toml,
    fit_age_correction,
    fit_confidence,
    fit_intervals,
    fit_temperature,
)
from models.evaluation.classification import estimate_raw
from models.evaluation.dataset import Dataset, is_held_out
from models.evaluation.measurement import Begin, find_all
from models.evaluation.subjects import Classifier, Finder
from models.predict.classifier import AGE_GENDER, EXPRESSION

_ROWS: Final = "in even rows (0, 2, ...) of the labels of the evaluation set"


def fit(finder: Finder, classifier: Classifier, data: Dataset, begin: Begin) -> str:
    """Fit everything, with the finder and the crops in service.

    Returns:
        Tables for the cards, TOML.

    Raises:
        DataError: an image cannot be read.
    """
    aged, moody = find_all(finder, data, begin)
    advance = begin("Estimating", len(aged.chips) + len(moody.chips))
    ages, emotions = (estimate_raw(classifier, seen.chips, advance) for seen in (aged, moody))

    fitted = ~is_held_out(data.age_gender.rows)[aged.index]
    true_years = data.age_gender.ages_years[aged.index]
    correction = fit_age_correction(ages.age_years[fitted], true_years[fitted])
    correction = fit_intervals(correction, ages.age_years[fitted], true_years[fitted])

    adults = fitted & (true_years >= ADULT_YEARS)
    gender = fit_temperature(ages.gender_logits[adults], data.age_gender.genders[aged.index][adults])

    kept = ~is_held_out(data.emotion.rows)[moody.index] & moody.good
    emotion = fit_temperature(emotions.emotion_logits[kept], data.emotion.emotions[moody.index][kept])
    confidence = fit_confidence(emotions.emotion_logits[kept], data.emotion.emotions[moody.index][kept], emotion)
    return "\n".join(
        (
            correction_toml(AGE_GENDER, correction, f"UTKFace, {fitted.sum()} faces {_ROWS}"),
            calibration_toml(AGE_GENDER, gender, None, f"UTKFace, {adults.sum()} people of 16 and older {_ROWS}"),
            calibration_toml(EXPRESSION, emotion, confidence, f"FER2013 and web, {kept.sum()} good faces {_ROWS}"),
        )
    )
