"""Azure Face `detect`: what may be asked for, and the answer in its words. Pure.

Source: https://learn.microsoft.com/rest/api/face/face-detection-operations/detect, and what its clients of 2019
(azure-cognitiveservices-vision-face) and 2024 (azure-ai-vision-face) send and read.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, create_model

from services.faceapi.domain import landmarks, picture
from services.faceapi.domain.faces import EMOTIONS, Face, Rectangle, SeenPhoto, Wanted
from services.faceapi.domain.problems import not_supported, wrong_argument
from services.faceapi.domain.wire import Share, Wire

DetectionModel = Literal["detection_01", "detection_02", "detection_03"]
RecognitionModel = Literal["recognition_01", "recognition_02", "recognition_03", "recognition_04"]
# Azure's clients of v1.2 compare with words that begin with a small letter, those before with a capital one.
Level = Annotated[str, Field(description="As it says; from v1.2 on the first letter is a small one")]
_SMALL_LETTERS_FROM = (1, 2)


class Attribute(StrEnum):
    """What Azure lets one ask for of each face."""

    AGE = "age"
    GENDER = "gender"
    HEAD_POSE = "headPose"
    SMILE = "smile"
    FACIAL_HAIR = "facialHair"
    GLASSES = "glasses"
    EMOTION = "emotion"
    HAIR = "hair"
    MAKEUP = "makeup"
    OCCLUSION = "occlusion"
    ACCESSORIES = "accessories"
    BLUR = "blur"
    EXPOSURE = "exposure"
    NOISE = "noise"
    MASK = "mask"
    QUALITY_FOR_RECOGNITION = "qualityForRecognition"


OFFERED = frozenset(
    {
        Attribute.AGE,
        Attribute.GENDER,
        Attribute.HEAD_POSE,
        Attribute.SMILE,
        Attribute.EMOTION,
        Attribute.BLUR,
        Attribute.EXPOSURE,
        Attribute.NOISE,
    }
)
# Azure's newer detectors know fewer. We have one, and refuse what they would: code written against them meets no surprise.
_OF_MODEL: dict[DetectionModel, frozenset[Attribute]] = {
    "detection_01": frozenset(Attribute) - {Attribute.MASK, Attribute.QUALITY_FOR_RECOGNITION},
    "detection_02": frozenset(),
    "detection_03": frozenset({Attribute.HEAD_POSE, Attribute.MASK, Attribute.QUALITY_FOR_RECOGNITION}),
}
_BY_NAME = {attribute.lower(): attribute for attribute in Attribute}


@dataclass(frozen=True, slots=True)
class DetectQuestion:
    """What is asked of a photo.

    Args:
        attributes: of each face.
        face_id: whether to give each face an id.
        landmarks: whether to say where the 27 points are.
        recognition_model: to be named in the answer; None: not at all.
        small_letters: whether the words of levels begin with one.
    """

    attributes: frozenset[Attribute]
    face_id: bool
    landmarks: bool
    recognition_model: RecognitionModel | None
    small_letters: bool = False

    @property
    def wanted(self) -> Wanted:
        """The estimates that it takes."""
        asked = self.attributes
        return Wanted(
            age_and_gender=not asked.isdisjoint({Attribute.AGE, Attribute.GENDER}),
            emotion=not asked.isdisjoint({Attribute.EMOTION, Attribute.SMILE}),
            landmarks=self.landmarks or Attribute.HEAD_POSE in asked,
            noise=Attribute.NOISE in asked,
        )


def read_attributes(words: str, model: DetectionModel) -> frozenset[Attribute]:
    """What a comma-separated list asks for; capitals make no difference.

    Raises:
        ProblemError: Azure does not know it, not with this model, or it is not offered here.
    """
    names = [word.strip().lower() for word in words.split(",")] if words.strip() else []
    if not all(name in _BY_NAME for name in names):
        raise wrong_argument("Invalid argument returnFaceAttributes.")
    attributes = frozenset(_BY_NAME[name] for name in names)
    known = _OF_MODEL[model]
    if not attributes <= known:
        # In the order in which Azure's own message has them.
        supported = ",".join(attribute.lower() for attribute in Attribute if attribute in known)
        raise wrong_argument(f"Only face attributes '{supported}' are supported by {model}.")
    if missing := attributes - OFFERED:
        raise not_supported([name[0].upper() + name[1:] for name in Attribute if name in missing])
    return attributes


def read_question(
    version: str,
    attributes: str,
    detection_model: DetectionModel,
    recognition_model: RecognitionModel,
    *,
    face_id: bool,
    landmarks: bool,
    return_recognition_model: bool,
) -> DetectQuestion:
    """The question that an address asks.

    Raises:
        ProblemError: see `read_attributes`.
    """
    if landmarks and detection_model == "detection_02":
        raise wrong_argument("Face landmarks are not supported by detection_02.")
    return DetectQuestion(
        read_attributes(attributes, detection_model),
        face_id=face_id,
        landmarks=landmarks,
        recognition_model=recognition_model if return_recognition_model else None,
        small_letters=_number(version) >= _SMALL_LETTERS_FROM,
    )


def _number(version: str) -> tuple[int, ...]:
    """(1, 2) of "v1.2-preview.1"."""
    return tuple(int(part) for part in version.removeprefix("v").partition("-")[0].split("."))


class FaceRectangle(Wire):
    """The part of the face's box that is in the photo, pixels."""

    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    left: Annotated[int, Field(ge=0)]
    top: Annotated[int, Field(ge=0)]


class Coordinate(Wire):
    """A point of the photo, pixels; it may lie a little outside."""

    x: float
    y: float


# 27 points, pixels of the photo. Left and right are those of the picture.
FaceLandmarks = create_model("FaceLandmarks", __base__=Wire, **dict.fromkeys(landmarks.NAMED, (Coordinate, ...)))  # type: ignore[call-overload] # fields by name


class HeadPose(Wire):
    """How the head is turned, degrees: all 0 where it looks straight into the camera."""

    roll: float = Field(description="Positive is tilted clockwise")
    yaw: float = Field(description="Positive looks to the picture's right")
    pitch: float = Field(description="Positive looks up")


class Emotion(Wire):
    """Probabilities, which sum to 1. Contempt is never estimated, and always 0."""

    anger: Share
    contempt: Literal[0] = 0
    disgust: Share
    fear: Share
    happiness: Share
    neutral: Share
    sadness: Share
    surprise: Share


class Blur(Wire):
    """How blurred the face is: Low under 0.25, High from 0.75 on."""

    blur_level: Level
    value: Share


class Exposure(Wire):
    """The face's light: UnderExposure under 0.25, OverExposure from 0.75 on."""

    exposure_level: Level
    value: Share


class Noise(Wire):
    """The face's noise: Low under 0.3, High from 0.7 on."""

    noise_level: Level
    value: Share


class FaceAttributes(Wire):
    """What was asked for."""

    age: Annotated[float, Field(ge=0)] | None = Field(default=None, description="Years")
    gender: Literal["male", "female"] | None = None
    smile: Share | None = Field(default=None, description="The probability of happiness")
    head_pose: HeadPose | None = None
    emotion: Emotion | None = None
    blur: Blur | None = None
    exposure: Exposure | None = None
    noise: Noise | None = None


class DetectedFace(Wire):
    """One face."""

    face_id: str | None = Field(default=None, description="Random, and kept nowhere: no later call knows it")
    recognition_model: RecognitionModel | None = None
    face_rectangle: FaceRectangle
    face_landmarks: FaceLandmarks | None = None
    face_attributes: FaceAttributes | None = None


class PhotoUrl(Wire):
    """Where the photo is."""

    url: str


class ErrorDetail(Wire):
    """What is wrong."""

    code: str
    message: str


class ErrorBody(Wire):
    """An answer that is none."""

    error: ErrorDetail


def detected(photo: SeenPhoto, question: DetectQuestion, face_ids: list[str]) -> list[DetectedFace]:
    """The answer, the largest face first.

    Args:
        photo: with what was wanted.
        question: that was asked.
        face_ids: one for each face, where the question wants them.
    """
    ids = face_ids if question.face_id else [None] * len(photo.faces)
    return [
        DetectedFace(
            face_id=face_id,
            recognition_model=question.recognition_model,
            face_rectangle=_rectangle(photo.rectangle(face)),
            face_landmarks=_landmarks(face) if question.landmarks else None,
            face_attributes=_attributes(face, question) if question.attributes else None,
        )
        for face, face_id in zip(photo.faces, ids, strict=True)
    ]


def _rectangle(rectangle: Rectangle) -> FaceRectangle:
    return FaceRectangle(width=rectangle.width, height=rectangle.height, left=rectangle.left, top=rectangle.top)


def _landmarks(face: Face) -> Wire:
    points = landmarks.named(face.landmarks())
    return FaceLandmarks(**{name: Coordinate(x=round(x, 1), y=round(y, 1)) for name, (x, y) in points.items()})


def _attributes(face: Face, question: DetectQuestion) -> FaceAttributes:
    asked, estimate, seen = question.attributes, face.estimate, face.seen
    shown: dict[Attribute, object] = {}
    if Attribute.AGE in asked:
        shown[Attribute.AGE] = round(estimate.age.years, 1)
    if Attribute.GENDER in asked:
        shown[Attribute.GENDER] = face.gender()
    if Attribute.SMILE in asked:
        shown[Attribute.SMILE] = round(estimate.emotion.happiness, 3)
    if Attribute.HEAD_POSE in asked:
        pose = face.pose()
        shown[Attribute.HEAD_POSE] = HeadPose(roll=pose.roll, yaw=pose.yaw, pitch=pose.pitch)
    if Attribute.EMOTION in asked:
        shown[Attribute.EMOTION] = Emotion(**{name: round(getattr(estimate.emotion, name), 3) for name in EMOTIONS})
    if Attribute.BLUR in asked:
        amount, value = picture.blur(seen.sharpness)
        shown[Attribute.BLUR] = Blur(blur_level=_level(amount, question), value=value)
    if Attribute.EXPOSURE in asked:
        light, value = picture.exposure(seen.brightness)
        shown[Attribute.EXPOSURE] = Exposure(exposure_level=_level(light, question), value=value)
    if Attribute.NOISE in asked:
        amount, value = picture.noise(seen.noise)
        shown[Attribute.NOISE] = Noise(noise_level=_level(amount, question), value=value)
    return FaceAttributes.model_validate(shown)


def _level(word: str, question: DetectQuestion) -> str:
    return word[0].lower() + word[1:] if question.small_letters else word
