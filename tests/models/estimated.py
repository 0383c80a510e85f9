"""What classify's answers must say: what the models say of the same faces, asked directly."""

from collections.abc import Collection
from functools import cache
from itertools import combinations

import numpy as np
from facetally.v1.question_pb2 import FacesEstimated
from numpy.typing import NDArray

from models.head_pose import head_pose
from models.predict.classifier import FaceClassifier
from models.predict.landmarker import FaceLandmarker

# What may be asked for: names of fields of EstimateRequest.
COMBINATIONS = [
    names for count in range(4) for names in combinations(("age_and_gender", "emotion", "landmarks"), count)
]


@cache
def _models() -> tuple[FaceClassifier, FaceLandmarker]:
    return FaceClassifier.load(), FaceLandmarker.load()


def assert_is_what_the_models_say(answer: FacesEstimated, chips: NDArray[np.uint8], asked: Collection[str]) -> None:
    """Check every number of an answer, and that there is none that was not asked for.

    Args:
        answer: to a question about the chips.
        chips: (n, 144, 144, 3) uint8 RGB.
        asked: names of fields of EstimateRequest.
    """
    classifier, landmarker = _models()
    assert answer.classifier_version == classifier.version
    assert len(answer.faces) == len(chips)
    expected = classifier.predict(chips)
    points = landmarker.landmarks(chips)
    for i, face in enumerate(answer.faces):
        assert face.HasField("age") == face.HasField("gender") == ("age_and_gender" in asked)
        assert face.HasField("emotion") == ("emotion" in asked)
        assert face.HasField("pose") == bool(face.landmarks) == ("landmarks" in asked)
        if "age_and_gender" in asked:
            ages = (expected.age_years[i], expected.age_low_years[i], expected.age_high_years[i])
            np.testing.assert_allclose((face.age.years, face.age.low_years, face.age.high_years), ages, atol=1e-3)
            np.testing.assert_allclose((face.gender.female, face.gender.male), expected.gender[i], atol=1e-4)
        if "emotion" in asked:
            told = [getattr(face.emotion, field.name) for field in face.emotion.DESCRIPTOR.fields]
            np.testing.assert_allclose(told, expected.emotion[i], atol=1e-4)
        if "landmarks" in asked:
            np.testing.assert_allclose([(point.x, point.y) for point in face.landmarks], points[i], atol=1e-3)
            pose = head_pose(points[i])
            told = [face.pose.pitch_deg, face.pose.yaw_deg, face.pose.roll_deg]
            np.testing.assert_allclose(told, (pose.pitch_deg, pose.yaw_deg, pose.roll_deg), atol=1e-2)
