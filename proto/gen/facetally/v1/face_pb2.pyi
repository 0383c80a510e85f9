from facetally.v1 import photo_pb2 as _photo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PhotoOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PHOTO_OUTCOME_UNSPECIFIED: _ClassVar[PhotoOutcome]
    PHOTO_OUTCOME_FACES: _ClassVar[PhotoOutcome]
    PHOTO_OUTCOME_NO_FACE: _ClassVar[PhotoOutcome]
    PHOTO_OUTCOME_FACE_TOO_SMALL: _ClassVar[PhotoOutcome]
    PHOTO_OUTCOME_UNREADABLE: _ClassVar[PhotoOutcome]

class FaceQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_QUALITY_UNSPECIFIED: _ClassVar[FaceQuality]
    FACE_QUALITY_GOOD: _ClassVar[FaceQuality]
    FACE_QUALITY_USABLE: _ClassVar[FaceQuality]
    FACE_QUALITY_REJECTED: _ClassVar[FaceQuality]

class QualityReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_REASON_UNSPECIFIED: _ClassVar[QualityReason]
    QUALITY_REASON_NONE: _ClassVar[QualityReason]
    QUALITY_REASON_EYES_TOO_CLOSE: _ClassVar[QualityReason]
    QUALITY_REASON_BLURRED: _ClassVar[QualityReason]
    QUALITY_REASON_TOO_DARK: _ClassVar[QualityReason]
    QUALITY_REASON_TOO_BRIGHT: _ClassVar[QualityReason]
    QUALITY_REASON_TURNED_AWAY: _ClassVar[QualityReason]
PHOTO_OUTCOME_UNSPECIFIED: PhotoOutcome
PHOTO_OUTCOME_FACES: PhotoOutcome
PHOTO_OUTCOME_NO_FACE: PhotoOutcome
PHOTO_OUTCOME_FACE_TOO_SMALL: PhotoOutcome
PHOTO_OUTCOME_UNREADABLE: PhotoOutcome
FACE_QUALITY_UNSPECIFIED: FaceQuality
FACE_QUALITY_GOOD: FaceQuality
FACE_QUALITY_USABLE: FaceQuality
FACE_QUALITY_REJECTED: FaceQuality
QUALITY_REASON_UNSPECIFIED: QualityReason
QUALITY_REASON_NONE: QualityReason
QUALITY_REASON_EYES_TOO_CLOSE: QualityReason
QUALITY_REASON_BLURRED: QualityReason
QUALITY_REASON_TOO_DARK: QualityReason
QUALITY_REASON_TOO_BRIGHT: QualityReason
QUALITY_REASON_TURNED_AWAY: QualityReason

class Box(_message.Message):
    __slots__ = ("left", "top", "width", "height")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    left: int
    top: int
    width: int
    height: int
    def __init__(self, left: _Optional[int] = ..., top: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class DetectedFace(_message.Message):
    __slots__ = ("box", "score", "points", "eye_distance_px", "chip_rgb", "quality", "quality_reason")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    EYE_DISTANCE_PX_FIELD_NUMBER: _ClassVar[int]
    CHIP_RGB_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    box: Box
    score: float
    points: _containers.RepeatedCompositeFieldContainer[Point]
    eye_distance_px: float
    chip_rgb: bytes
    quality: FaceQuality
    quality_reason: QualityReason
    def __init__(self, box: _Optional[_Union[Box, _Mapping]] = ..., score: _Optional[float] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., eye_distance_px: _Optional[float] = ..., chip_rgb: _Optional[bytes] = ..., quality: _Optional[_Union[FaceQuality, str]] = ..., quality_reason: _Optional[_Union[QualityReason, str]] = ...) -> None: ...

class FacesDetected(_message.Message):
    __slots__ = ("photo", "outcome", "width_px", "height_px", "faces", "too_small_count", "detector_version")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    TOO_SMALL_COUNT_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    photo: _photo_pb2.Photo
    outcome: PhotoOutcome
    width_px: int
    height_px: int
    faces: _containers.RepeatedCompositeFieldContainer[DetectedFace]
    too_small_count: int
    detector_version: str
    def __init__(self, photo: _Optional[_Union[_photo_pb2.Photo, _Mapping]] = ..., outcome: _Optional[_Union[PhotoOutcome, str]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[DetectedFace, _Mapping]]] = ..., too_small_count: _Optional[int] = ..., detector_version: _Optional[str] = ...) -> None: ...

class ExaminedFace(_message.Message):
    __slots__ = ("box", "score", "points", "eye_distance_px", "counts", "sharpness", "brightness", "quality", "quality_reason", "pose_residual")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    EYE_DISTANCE_PX_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    POSE_RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    box: Box
    score: float
    points: _containers.RepeatedCompositeFieldContainer[Point]
    eye_distance_px: float
    counts: bool
    sharpness: float
    brightness: float
    quality: FaceQuality
    quality_reason: QualityReason
    pose_residual: float
    def __init__(self, box: _Optional[_Union[Box, _Mapping]] = ..., score: _Optional[float] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., eye_distance_px: _Optional[float] = ..., counts: _Optional[bool] = ..., sharpness: _Optional[float] = ..., brightness: _Optional[float] = ..., quality: _Optional[_Union[FaceQuality, str]] = ..., quality_reason: _Optional[_Union[QualityReason, str]] = ..., pose_residual: _Optional[float] = ...) -> None: ...

class PhotoExamined(_message.Message):
    __slots__ = ("width_px", "height_px", "faces", "min_face_px", "detector_version", "preview_jpeg")
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_JPEG_FIELD_NUMBER: _ClassVar[int]
    width_px: int
    height_px: int
    faces: _containers.RepeatedCompositeFieldContainer[ExaminedFace]
    min_face_px: int
    detector_version: str
    preview_jpeg: bytes
    def __init__(self, width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[ExaminedFace, _Mapping]]] = ..., min_face_px: _Optional[int] = ..., detector_version: _Optional[str] = ..., preview_jpeg: _Optional[bytes] = ...) -> None: ...

class GenderProbabilities(_message.Message):
    __slots__ = ("female", "male")
    FEMALE_FIELD_NUMBER: _ClassVar[int]
    MALE_FIELD_NUMBER: _ClassVar[int]
    female: float
    male: float
    def __init__(self, female: _Optional[float] = ..., male: _Optional[float] = ...) -> None: ...

class EmotionProbabilities(_message.Message):
    __slots__ = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
    NEUTRAL_FIELD_NUMBER: _ClassVar[int]
    HAPPINESS_FIELD_NUMBER: _ClassVar[int]
    SURPRISE_FIELD_NUMBER: _ClassVar[int]
    SADNESS_FIELD_NUMBER: _ClassVar[int]
    ANGER_FIELD_NUMBER: _ClassVar[int]
    DISGUST_FIELD_NUMBER: _ClassVar[int]
    FEAR_FIELD_NUMBER: _ClassVar[int]
    neutral: float
    happiness: float
    surprise: float
    sadness: float
    anger: float
    disgust: float
    fear: float
    def __init__(self, neutral: _Optional[float] = ..., happiness: _Optional[float] = ..., surprise: _Optional[float] = ..., sadness: _Optional[float] = ..., anger: _Optional[float] = ..., disgust: _Optional[float] = ..., fear: _Optional[float] = ...) -> None: ...

class ClassifiedFace(_message.Message):
    __slots__ = ("box", "score", "eye_distance_px", "age_years", "gender", "emotion", "quality", "quality_reason", "age_low_years", "age_high_years")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    EYE_DISTANCE_PX_FIELD_NUMBER: _ClassVar[int]
    AGE_YEARS_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    AGE_LOW_YEARS_FIELD_NUMBER: _ClassVar[int]
    AGE_HIGH_YEARS_FIELD_NUMBER: _ClassVar[int]
    box: Box
    score: float
    eye_distance_px: float
    age_years: float
    gender: GenderProbabilities
    emotion: EmotionProbabilities
    quality: FaceQuality
    quality_reason: QualityReason
    age_low_years: float
    age_high_years: float
    def __init__(self, box: _Optional[_Union[Box, _Mapping]] = ..., score: _Optional[float] = ..., eye_distance_px: _Optional[float] = ..., age_years: _Optional[float] = ..., gender: _Optional[_Union[GenderProbabilities, _Mapping]] = ..., emotion: _Optional[_Union[EmotionProbabilities, _Mapping]] = ..., quality: _Optional[_Union[FaceQuality, str]] = ..., quality_reason: _Optional[_Union[QualityReason, str]] = ..., age_low_years: _Optional[float] = ..., age_high_years: _Optional[float] = ...) -> None: ...

class FacesClassified(_message.Message):
    __slots__ = ("photo", "outcome", "width_px", "height_px", "faces", "too_small_count", "detector_version", "classifier_version")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    TOO_SMALL_COUNT_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_VERSION_FIELD_NUMBER: _ClassVar[int]
    photo: _photo_pb2.Photo
    outcome: PhotoOutcome
    width_px: int
    height_px: int
    faces: _containers.RepeatedCompositeFieldContainer[ClassifiedFace]
    too_small_count: int
    detector_version: str
    classifier_version: str
    def __init__(self, photo: _Optional[_Union[_photo_pb2.Photo, _Mapping]] = ..., outcome: _Optional[_Union[PhotoOutcome, str]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[ClassifiedFace, _Mapping]]] = ..., too_small_count: _Optional[int] = ..., detector_version: _Optional[str] = ..., classifier_version: _Optional[str] = ...) -> None: ...

class FaceEstimates(_message.Message):
    __slots__ = ("age_years", "gender", "emotion")
    AGE_YEARS_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    age_years: float
    gender: GenderProbabilities
    emotion: EmotionProbabilities
    def __init__(self, age_years: _Optional[float] = ..., gender: _Optional[_Union[GenderProbabilities, _Mapping]] = ..., emotion: _Optional[_Union[EmotionProbabilities, _Mapping]] = ...) -> None: ...

class ShadowFace(_message.Message):
    __slots__ = ("face_index", "recorded", "shadow")
    FACE_INDEX_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    face_index: int
    recorded: FaceEstimates
    shadow: FaceEstimates
    def __init__(self, face_index: _Optional[int] = ..., recorded: _Optional[_Union[FaceEstimates, _Mapping]] = ..., shadow: _Optional[_Union[FaceEstimates, _Mapping]] = ...) -> None: ...

class ShadowFaces(_message.Message):
    __slots__ = ("photo", "faces", "classifier_version", "shadow_version")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_VERSION_FIELD_NUMBER: _ClassVar[int]
    SHADOW_VERSION_FIELD_NUMBER: _ClassVar[int]
    photo: _photo_pb2.Photo
    faces: _containers.RepeatedCompositeFieldContainer[ShadowFace]
    classifier_version: str
    shadow_version: str
    def __init__(self, photo: _Optional[_Union[_photo_pb2.Photo, _Mapping]] = ..., faces: _Optional[_Iterable[_Union[ShadowFace, _Mapping]]] = ..., classifier_version: _Optional[str] = ..., shadow_version: _Optional[str] = ...) -> None: ...
