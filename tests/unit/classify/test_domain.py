"""What models do not know is left out, and never told as no number: record refuses those, and with them the photo."""

import numpy as np
from facetally.v1.face_pb2 import DetectedFace, FacesDetected

from services.classify.domain import Estimates, classified, estimates_by_face


def test_an_interval_that_the_models_do_not_know_is_left_out() -> None:
    ages = np.array([30, 40], np.float32)
    known = np.array([25, np.nan], np.float32)
    gender, emotion = np.full((2, 2), 0.5, np.float32), np.full((2, 7), 1 / 7, np.float32)
    nothing = np.zeros((2, 0), np.float32)
    said = estimates_by_face(Estimates(ages, known, known + 10, gender, emotion, nothing, nothing))
    told = classified(FacesDetected(faces=[DetectedFace(), DetectedFace()]), said, "a version").faces
    assert [face.HasField("age_low_years") for face in told] == [True, False]
    assert [face.HasField("age_high_years") for face in told] == [True, False]
    assert (told[0].age_low_years, told[0].age_high_years) == (25, 35)
