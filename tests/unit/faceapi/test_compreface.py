import pytest

from services.faceapi.domain.compreface import detection, error, read_plugins, wanted
from services.faceapi.domain.faces import SeenPhoto, Wanted
from services.faceapi.domain.problems import ProblemError, access_denied, not_an_image
from services.faceapi.handler.ask_faces import AskFaces
from tests.fakes.face_models import FakeModels

ALL = read_plugins("age,gender,landmarks,pose")


async def seen(photo: bytes = b"two") -> SeenPhoto:
    return await AskFaces(FakeModels())(photo, 100, wanted(ALL))


@pytest.mark.parametrize(
    ("words", "estimates"),
    [
        ("", Wanted()),
        ("age", Wanted(age_and_gender=True)),
        ("gender, age", Wanted(age_and_gender=True)),
        ("landmarks", Wanted(landmarks=True)),
        ("pose,gender", Wanted(age_and_gender=True, landmarks=True)),
    ],
)
def test_plugins_say_what_is_estimated(words: str, estimates: Wanted) -> None:
    assert wanted(read_plugins(words)) == estimates


@pytest.mark.parametrize("words", ["calculator", "age,mask", "landmarks2d106"])
def test_plugins_that_are_not_offered_are_named(words: str) -> None:
    with pytest.raises(ProblemError, match="not offered"):
        read_plugins(words)


def test_plugins_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ProblemError, match="there are age, gender, landmarks, pose"):
        read_plugins("agee")


async def test_a_face_is_answered_in_comprefaces_words() -> None:
    answer = detection(await seen(), ALL, 1, 0.5, status=True).model_dump(exclude_none=True)
    (face,) = answer["result"]
    assert face["age"] == {"probability": 0.9, "high": 44, "low": 25}
    assert face["gender"] == {"probability": 0.9, "value": "female"}
    assert face["box"] == {"probability": 0.9734, "x_max": 202, "y_max": 232, "x_min": 0, "y_min": 8}
    assert face["pose"] == {"pitch": 5.0, "roll": 2.0, "yaw": -10.0}
    assert len(face["landmarks"]) == 5
    assert answer["plugins_versions"]["detector"] == "detector-1"
    assert answer["plugins_versions"]["age"] == "classifier-1"


async def test_what_was_not_asked_for_is_not_there() -> None:
    answer = detection(await seen(), frozenset(), 0, 0.0, status=False).model_dump(exclude_none=True)
    assert [set(face) for face in answer["result"]] == [{"box"}] * 2
    assert "plugins_versions" not in answer


async def test_faces_that_are_not_sure_enough_are_left_out_and_none_is_an_error() -> None:
    assert len(detection(await seen(), ALL, 0, 0.5, status=False).result) == 2
    assert len(detection(await seen(), ALL, 0, 0.6, status=False).result) == 1
    for photo, threshold in ((b"two", 0.99), (b"nobody", 0.0)):
        with pytest.raises(ProblemError) as refused:
            detection(await seen(photo), ALL, 0, threshold, status=False)
        status, body = error(refused.value)
        assert (status, body.code, body.message) == (400, 28, "No face is found in the given image")


def test_errors_have_comprefaces_codes() -> None:
    assert error(access_denied())[1].code == 20
    assert error(not_an_image())[1].code == 21
