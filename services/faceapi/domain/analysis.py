"""Our own question about several photos at once, and its answer. Pure."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.common.vocabulary import Quality, QualityReason
from services.faceapi.domain import landmarks, picture
from services.faceapi.domain.faces import EMOTIONS, Face, SeenPhoto, Wanted
from services.faceapi.domain.problems import wrong_argument
from services.faceapi.domain.wire import Share, Wire

MAX_PHOTOS = 16


class Feature(StrEnum):
    """What may be asked for of each face."""

    AGE = "age"
    GENDER = "gender"
    EMOTION = "emotion"
    HEAD_POSE = "headPose"
    LANDMARKS = "landmarks"
    PICTURE = "picture"


class FaceBox(Wire):
    """The part of the face's box that is in the photo, pixels."""

    left: int
    top: int
    width: int
    height: int


class FaceAge(Wire):
    """Years; the true age lies between low and high in nine of ten faces."""

    years: float
    low: float
    high: float


class FaceGender(Wire):
    """Probabilities, which sum to 1."""

    female: Share
    male: Share


class FacePose(Wire):
    """How the head is turned, degrees: up, to the picture's right, clockwise."""

    pitch: float
    yaw: float
    roll: float


class FacePicture(Wire):
    """How far the face's picture can be relied on, and why: blur, exposure and noise from 0 to 1."""

    quality: Quality = Field(description="good: for all; usable: for age and gender; rejected: for nothing")
    reason: QualityReason = Field(description="What keeps it from being good")
    blur: Share
    exposure: Share
    noise: Share


class AnalyzedFace(Wire):
    """One face."""

    box: FaceBox
    certainty: Share
    age: FaceAge | None = None
    gender: FaceGender | None = None
    emotion: dict[str, Share] | None = Field(default=None, description="Seven probabilities, which sum to 1")
    head_pose: FacePose | None = None
    landmarks: dict[str, tuple[float, float]] | None = Field(
        default=None, description="27 points by Azure's names, x and y, pixels of the photo"
    )
    picture: FacePicture | None = None


class PhotoProblem(Wire):
    """Why a photo has no faces to tell of; the others have."""

    code: str
    message: str


class AnalyzedPhoto(Wire):
    """One photo: its faces, the largest first, or what is wrong with it."""

    name: str = Field(description="The file's name or the address, as it was sent")
    width: int | None = None
    height: int | None = None
    faces: list[AnalyzedFace] | None = None
    error: PhotoProblem | None = None


class Analysis(Wire):
    """The answer, in the order of the photos."""

    photos: list[AnalyzedPhoto]


class PhotoUrls(Wire):
    """Where the photos are."""

    urls: Annotated[list[str], Field(min_length=1, max_length=MAX_PHOTOS)]


def read_features(words: str) -> frozenset[Feature]:
    """What a comma-separated list asks for.

    Raises:
        ProblemError: nobody knows it.
    """
    names = {word.strip() for word in words.split(",") if word.strip()}
    if not names <= set(Feature):
        raise wrong_argument(f"features: there are {', '.join(Feature)}")
    return frozenset(Feature(name) for name in names)


def wanted(features: frozenset[Feature]) -> Wanted:
    """The estimates that features take."""
    return Wanted(
        age_and_gender=not features.isdisjoint({Feature.AGE, Feature.GENDER}),
        emotion=Feature.EMOTION in features,
        landmarks=not features.isdisjoint({Feature.LANDMARKS, Feature.HEAD_POSE}),
        noise=Feature.PICTURE in features,
    )


def analyzed(name: str, photo: SeenPhoto, features: frozenset[Feature]) -> AnalyzedPhoto:
    """What is to be said of a photo that was looked at."""
    faces = [_face(photo, face, features) for face in photo.faces]
    return AnalyzedPhoto(name=name, width=photo.width_px, height=photo.height_px, faces=faces)


def _face(photo: SeenPhoto, face: Face, features: frozenset[Feature]) -> AnalyzedFace:
    rectangle, estimate = photo.rectangle(face), face.estimate
    shown: dict[str, object] = {}
    if Feature.AGE in features:
        age = estimate.age
        shown["age"] = FaceAge(years=round(age.years, 1), low=round(age.low_years, 1), high=round(age.high_years, 1))
    if Feature.GENDER in features:
        shown["gender"] = FaceGender(female=round(estimate.gender.female, 3), male=round(estimate.gender.male, 3))
    if Feature.EMOTION in features:
        shown["emotion"] = {name: round(getattr(estimate.emotion, name), 3) for name in EMOTIONS}
    if Feature.HEAD_POSE in features:
        pose = face.pose()
        shown["head_pose"] = FacePose(pitch=pose.pitch, yaw=pose.yaw, roll=pose.roll)
    if Feature.LANDMARKS in features:
        points = landmarks.named(face.landmarks())
        shown["landmarks"] = {name: (round(x, 1), round(y, 1)) for name, (x, y) in points.items()}
    if Feature.PICTURE in features:
        shown["picture"] = _picture(face)
    return AnalyzedFace.model_validate(
        {
            "box": FaceBox(left=rectangle.left, top=rectangle.top, width=rectangle.width, height=rectangle.height),
            "certainty": round(face.certainty(), 3),
            **shown,
        }
    )


def _picture(face: Face) -> FacePicture:
    seen = face.seen
    return FacePicture(
        quality=face.quality,
        reason=face.quality_reason,
        blur=picture.blur(seen.sharpness)[1],
        exposure=picture.exposure(seen.brightness)[1],
        noise=picture.noise(seen.noise)[1],
    )
