import json

import pytest
from azure.ai.vision.face.models import BlurLevel, ExposureLevel, NoiseLevel
from azure.cognitiveservices.vision.face import models
from pydantic import TypeAdapter

from services.faceapi.domain.azure import (
    OFFERED,
    Attribute,
    DetectedFace,
    DetectionModel,
    DetectQuestion,
    detected,
    read_attributes,
    read_question,
)
from services.faceapi.domain.faces import SeenPhoto, Wanted
from services.faceapi.domain.problems import ProblemError
from services.faceapi.handler.ask_faces import AskFaces
from tests.fakes.face_models import FakeModels

EVERYTHING = DetectQuestion(OFFERED, face_id=True, landmarks=True, recognition_model="recognition_04")


async def seen(wanted: Wanted, photo: bytes = b"two") -> SeenPhoto:
    return await AskFaces(FakeModels())(photo, 100, wanted)


def as_json(faces: list[DetectedFace]) -> list[dict[str, object]]:
    text = TypeAdapter(list[DetectedFace]).dump_json(faces, by_alias=True, exclude_none=True)
    content: list[dict[str, object]] = json.loads(text)
    return content


@pytest.mark.parametrize("words", ["age,gender", "Age, GENDER", "gender,age,age"])
def test_attributes_are_read_as_people_write_them(words: str) -> None:
    assert read_attributes(words, "detection_01") == {Attribute.AGE, Attribute.GENDER}


def test_no_attributes_are_none() -> None:
    assert read_attributes("", "detection_02") == frozenset()


@pytest.mark.parametrize("words", ["agee", "age,,gender", "age gender", "accessory"])
def test_what_azure_does_not_know_is_refused_in_its_words(words: str) -> None:
    with pytest.raises(ProblemError, match=r"Invalid argument returnFaceAttributes\.") as refused:
        read_attributes(words, "detection_01")
    assert (refused.value.status, refused.value.code) == (400, "BadArgument")


def test_what_azures_newer_detector_does_not_know_is_refused_in_its_words() -> None:
    with pytest.raises(ProblemError) as refused:
        read_attributes("age,headPose", "detection_03")
    # Source: https://github.com/MicrosoftDocs/azure-docs/issues/119106
    said = "Only face attributes 'headpose,mask,qualityforrecognition' are supported by detection_03."
    assert (refused.value.code, refused.value.message) == ("BadArgument", said)
    assert read_attributes("headPose", "detection_03") == {Attribute.HEAD_POSE}
    with pytest.raises(ProblemError):
        read_attributes("age", "detection_02")


@pytest.mark.parametrize("attribute", sorted(set(Attribute) - OFFERED))
def test_what_is_not_offered_is_an_unsupported_feature(attribute: Attribute) -> None:
    newer = attribute in {Attribute.MASK, Attribute.QUALITY_FOR_RECOGNITION}
    model: DetectionModel = "detection_03" if newer else "detection_01"
    with pytest.raises(ProblemError) as refused:
        read_attributes(attribute, model)
    assert (refused.value.status, refused.value.code) == (403, "UnsupportedFeature")
    assert attribute[1:] in refused.value.message


def test_landmarks_are_not_of_detection_02() -> None:
    with pytest.raises(ProblemError, match="detection_02"):
        read_question(
            "v1.0", "", "detection_02", "recognition_01", face_id=True, landmarks=True, return_recognition_model=False
        )


@pytest.mark.parametrize(
    ("attributes", "landmarks", "wanted"),
    [
        ("", False, Wanted()),
        ("blur,exposure", False, Wanted()),
        ("noise", False, Wanted(noise=True)),
        ("gender", False, Wanted(age_and_gender=True)),
        ("smile", False, Wanted(emotion=True)),
        ("headPose", False, Wanted(landmarks=True)),
        ("", True, Wanted(landmarks=True)),
    ],
)
def test_nothing_is_estimated_that_was_not_asked_for(attributes: str, landmarks: bool, wanted: Wanted) -> None:
    question = read_question(
        "v1.0",
        attributes,
        "detection_01",
        "recognition_01",
        face_id=False,
        landmarks=landmarks,
        return_recognition_model=False,
    )
    assert question.wanted == wanted


async def test_everything_is_answered_in_azures_words() -> None:
    photo = await seen(EVERYTHING.wanted)
    large, small = as_json(detected(photo, EVERYTHING, ["id-1", "id-2"]))
    points = large.pop("faceLandmarks")
    assert isinstance(points, dict)
    assert len(points) == 27
    assert points["mouthLeft"] == {"x": 99.6, "y": 120.0}
    assert large == {
        "faceId": "id-1",
        "recognitionModel": "recognition_04",
        "faceRectangle": {"width": 202, "height": 224, "left": 0, "top": 8},
        "faceAttributes": {
            "age": 34.2,
            "gender": "female",
            "smile": 0.75,
            "headPose": {"roll": 2.0, "yaw": -10.0, "pitch": 5.0},
            "emotion": {
                "anger": 0.0,
                "contempt": 0,
                "disgust": 0.0,
                "fear": 0.0,
                "happiness": 0.75,
                "neutral": 0.25,
                "sadness": 0.0,
                "surprise": 0.0,
            },
            "blur": {"blurLevel": "Low", "value": 0.08},
            "exposure": {"exposureLevel": "GoodExposure", "value": 0.5},
            "noise": {"noiseLevel": "High", "value": 0.8},
        },
    }
    attributes = small["faceAttributes"]
    assert isinstance(attributes, dict)
    assert attributes["headPose"]["roll"] == 92.0
    assert attributes["blur"]["blurLevel"] == "Medium"
    assert attributes["exposure"]["exposureLevel"] == "UnderExposure"
    # What lies outside of the photo is left out, and something always is in it.
    assert small["faceRectangle"] == {"width": 40, "height": 80, "left": 600, "top": 400}


@pytest.mark.parametrize(
    ("version", "small"), [("v1.0", False), ("v1.1-preview.1", False), ("v1.2-preview.1", True), ("v1.2", True)]
)
def test_from_v1_2_on_levels_begin_with_a_small_letter(version: str, small: bool) -> None:
    question = read_question(
        version, "", "detection_01", "recognition_01", face_id=False, landmarks=False, return_recognition_model=False
    )
    assert question.small_letters == small


async def test_levels_that_begin_with_a_small_letter_are_those_of_azures_newer_client() -> None:
    question = DetectQuestion(OFFERED, face_id=False, landmarks=False, recognition_model=None, small_letters=True)
    face, _ = detected(await seen(question.wanted), question, [])
    attributes = face.face_attributes
    assert attributes
    assert attributes.blur
    assert attributes.exposure
    assert attributes.noise
    levels = (attributes.blur.blur_level, attributes.exposure.exposure_level, attributes.noise.noise_level)
    assert levels == (BlurLevel.LOW, ExposureLevel.GOOD_EXPOSURE, NoiseLevel.HIGH)


async def test_only_the_rectangle_is_always_there() -> None:
    question = DetectQuestion(frozenset(), face_id=False, landmarks=False, recognition_model=None)
    faces = as_json(detected(await seen(question.wanted), question, []))
    assert [set(face) for face in faces] == [{"faceRectangle"}] * 2


async def test_nobody_is_an_empty_list() -> None:
    assert detected(await seen(EVERYTHING.wanted, b"nobody"), EVERYTHING, []) == []


def test_fields_are_called_as_azures_client_reads_them() -> None:
    ours = {name: set(schema["properties"]) for name, schema in DetectedFace.model_json_schema()["$defs"].items()}
    ours["DetectedFace"] = set(DetectedFace.model_json_schema()["properties"])
    not_offered = {str(attribute) for attribute in set(Attribute) - OFFERED}
    for name, fields in ours.items():
        theirs = {field["key"] for field in getattr(models, name)._attribute_map.values()}
        assert theirs - fields == (not_offered if name == "FaceAttributes" else set()), name
        assert fields <= theirs, name
