"""CompreFace's detection service: what may be asked for, the answer in its words, and its errors. Pure.

Source: https://github.com/exadel-inc/CompreFace, docs/Rest-API-description.md, and CommonExceptionCode.java for the codes.
"""

from typing import Final, Literal

from pydantic import BaseModel, Field

from services.faceapi.domain import landmarks
from services.faceapi.domain.faces import Face, SeenPhoto, Wanted
from services.faceapi.domain.problems import ProblemError, no_face, wrong_argument
from services.faceapi.domain.wire import Share

PLUGINS: Final = ("age", "gender", "landmarks", "pose")
# CompreFace has more, for other services or of other makers.
_NOT_OFFERED: Final = ("calculator", "mask", "landmarks2d106")
_NO_FACE, _NO_KEY, _WRONG_FILE, _WRONG_ARGUMENT, _NO_FILE, _FAILED, _OTHER = 28, 20, 21, 36, 34, 41, 0


class Box(BaseModel):
    """Where the face is, pixels of the photo."""

    probability: Share
    x_max: int
    y_max: int
    x_min: int
    y_min: int


class AgeRange(BaseModel):
    """Years, between which the true age lies in nine of ten faces; CompreFace's own ranges are fixed ones."""

    probability: Share = 0.9
    high: int
    low: int


class GenderGuess(BaseModel):
    """The likelier gender."""

    probability: Share
    value: Literal["female", "male"]


class Pose(BaseModel):
    """How the head is turned, degrees."""

    pitch: float
    roll: float
    yaw: float


class DetectionFace(BaseModel):
    """One face."""

    age: AgeRange | None = None
    gender: GenderGuess | None = None
    pose: Pose | None = None
    box: Box
    landmarks: list[tuple[int, int]] | None = Field(
        default=None, description="Eyes, nose, corners of the mouth: x and y, pixels"
    )


class Detection(BaseModel):
    """The answer."""

    result: list[DetectionFace]
    plugins_versions: dict[str, str] | None = None


class DetectionError(BaseModel):
    """An answer that is none."""

    message: str
    code: int


class FileBody(BaseModel):
    """A photo inside JSON."""

    file: str = Field(description="base64")


def read_plugins(words: str) -> frozenset[str]:
    """What a comma-separated list asks for.

    Raises:
        ProblemError: nobody knows it, or it is not offered here.
    """
    plugins = frozenset(word.strip() for word in words.split(",") if word.strip())
    if missing := sorted(plugins & set(_NOT_OFFERED)):
        raise wrong_argument(f"face_plugins: {', '.join(missing)} not offered; there are {', '.join(PLUGINS)}")
    if not plugins <= set(PLUGINS):
        raise wrong_argument(f"face_plugins: there are {', '.join(PLUGINS)}")
    return plugins


def wanted(plugins: frozenset[str]) -> Wanted:
    """The estimates that plugins take."""
    return Wanted(
        age_and_gender=not plugins.isdisjoint({"age", "gender"}),
        landmarks=not plugins.isdisjoint({"landmarks", "pose"}),
    )


def detection(photo: SeenPhoto, plugins: frozenset[str], limit: int, threshold: float, *, status: bool) -> Detection:
    """The answer.

    Args:
        photo: with what was wanted.
        plugins: that were asked for.
        limit: most faces, the largest first; 0: all.
        threshold: the detector's least certainty.
        status: whether to say which models it was.

    Raises:
        ProblemError: there is no face; CompreFace takes that for an error.
    """
    faces = [face for face in photo.faces if face.certainty() >= threshold][: limit or None]
    if not faces:
        raise no_face()
    versions = {"detector": photo.detector_version} | dict.fromkeys(sorted(plugins), photo.classifier_version)
    return Detection(
        result=[_face(photo, face, plugins) for face in faces], plugins_versions=versions if status else None
    )


def error(problem: ProblemError) -> tuple[int, DetectionError]:
    """CompreFace's status and body for what is wrong."""
    codes = {
        "NoFace": _NO_FACE,
        "401": _NO_KEY,
        "InvalidImage": _WRONG_FILE,
        "InvalidImageSize": _WRONG_FILE,
        "BadArgument": _WRONG_ARGUMENT,
        "NoFile": _NO_FILE,
        "ServiceUnavailable": _FAILED,
    }
    return problem.status, DetectionError(message=problem.message, code=codes.get(problem.code, _OTHER))


def _face(photo: SeenPhoto, face: Face, plugins: frozenset[str]) -> DetectionFace:
    rectangle, estimate = photo.rectangle(face), face.estimate
    points = landmarks.named(face.landmarks()) if "landmarks" in plugins else {}
    pose, gender = face.pose(), estimate.gender
    return DetectionFace(
        box=Box(
            probability=round(face.certainty(), 5),
            x_max=rectangle.left + rectangle.width,
            y_max=rectangle.top + rectangle.height,
            x_min=rectangle.left,
            y_min=rectangle.top,
        ),
        age=AgeRange(high=round(estimate.age.high_years), low=round(estimate.age.low_years))
        if "age" in plugins
        else None,
        gender=GenderGuess(
            probability=round(max(gender.female, gender.male), 5),
            value=face.gender(),
        )
        if "gender" in plugins
        else None,
        pose=Pose(pitch=pose.pitch, roll=pose.roll, yaw=pose.yaw) if "pose" in plugins else None,
        landmarks=[(round(points[name][0]), round(points[name][1])) for name in landmarks.FIVE] if points else None,
    )
