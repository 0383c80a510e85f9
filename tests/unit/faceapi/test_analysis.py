import pytest

from services.faceapi.domain.analysis import Feature, analyzed, read_features, wanted
from services.faceapi.domain.faces import Wanted
from services.faceapi.domain.problems import ProblemError
from services.faceapi.handler.ask_faces import AskFaces
from tests.fakes.face_models import FakeModels


@pytest.mark.parametrize(
    ("words", "estimates"),
    [
        ("", Wanted()),
        ("age", Wanted(age_and_gender=True)),
        ("emotion", Wanted(emotion=True)),
        ("headPose", Wanted(landmarks=True)),
        ("picture, landmarks", Wanted(landmarks=True, noise=True)),
    ],
)
def test_features_say_what_is_estimated(words: str, estimates: Wanted) -> None:
    assert wanted(read_features(words)) == estimates


def test_features_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ProblemError, match="features: there are age, gender"):
        read_features("age,hair")


async def test_a_photo_tells_of_its_faces_what_was_asked_for() -> None:
    features = frozenset(Feature)
    photo = await AskFaces(FakeModels())(b"two", 100, wanted(features))
    answer = analyzed("one.jpg", photo, features).model_dump(by_alias=True, exclude_none=True)
    large, small = answer.pop("faces")
    assert answer == {"name": "one.jpg", "width": 640, "height": 480}
    assert len(large.pop("landmarks")) == 27
    assert large == {
        "box": {"left": 0, "top": 8, "width": 202, "height": 224},
        "certainty": 0.973,
        "age": {"years": 34.2, "low": 25.4, "high": 43.6},
        "gender": {"female": 0.9, "male": 0.1},
        "emotion": {
            "neutral": 0.25,
            "happiness": 0.75,
            "surprise": 0.0,
            "sadness": 0.0,
            "anger": 0.0,
            "disgust": 0.0,
            "fear": 0.0,
        },
        "headPose": {"pitch": 5.0, "yaw": -10.0, "roll": 2.0},
        "picture": {"quality": "good", "reason": "none", "blur": 0.08, "exposure": 0.5, "noise": 0.8},
    }
    assert small["picture"]["quality"] == "usable"
    assert small["picture"]["reason"] == "too_dark"


async def test_a_photo_of_nobody_has_no_faces() -> None:
    photo = await AskFaces(FakeModels())(b"nobody", 100, Wanted())
    answer = analyzed("one.jpg", photo, frozenset()).model_dump(exclude_none=True)
    assert answer["faces"] == []
