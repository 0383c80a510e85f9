from facetally.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LookRequest(_message.Message):
    __slots__ = ("photo", "min_face_px", "with_chips", "with_noise")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    WITH_CHIPS_FIELD_NUMBER: _ClassVar[int]
    WITH_NOISE_FIELD_NUMBER: _ClassVar[int]
    photo: bytes
    min_face_px: int
    with_chips: bool
    with_noise: bool
    def __init__(self, photo: _Optional[bytes] = ..., min_face_px: _Optional[int] = ..., with_chips: _Optional[bool] = ..., with_noise: _Optional[bool] = ...) -> None: ...

class SeenFace(_message.Message):
    __slots__ = ("box", "score", "points", "centre", "size_px", "roll_deg", "sharpness", "brightness", "noise", "quality", "quality_reason", "chip_rgb")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    ROLL_DEG_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    NOISE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    CHIP_RGB_FIELD_NUMBER: _ClassVar[int]
    box: _face_pb2.Box
    score: float
    points: _containers.RepeatedCompositeFieldContainer[_face_pb2.Point]
    centre: _face_pb2.Point
    size_px: float
    roll_deg: float
    sharpness: float
    brightness: float
    noise: float
    quality: _face_pb2.FaceQuality
    quality_reason: _face_pb2.QualityReason
    chip_rgb: bytes
    def __init__(self, box: _Optional[_Union[_face_pb2.Box, _Mapping]] = ..., score: _Optional[float] = ..., points: _Optional[_Iterable[_Union[_face_pb2.Point, _Mapping]]] = ..., centre: _Optional[_Union[_face_pb2.Point, _Mapping]] = ..., size_px: _Optional[float] = ..., roll_deg: _Optional[float] = ..., sharpness: _Optional[float] = ..., brightness: _Optional[float] = ..., noise: _Optional[float] = ..., quality: _Optional[_Union[_face_pb2.FaceQuality, str]] = ..., quality_reason: _Optional[_Union[_face_pb2.QualityReason, str]] = ..., chip_rgb: _Optional[bytes] = ...) -> None: ...

class PhotoLooked(_message.Message):
    __slots__ = ("width_px", "height_px", "faces", "detector_version")
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    width_px: int
    height_px: int
    faces: _containers.RepeatedCompositeFieldContainer[SeenFace]
    detector_version: str
    def __init__(self, width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[SeenFace, _Mapping]]] = ..., detector_version: _Optional[str] = ...) -> None: ...

class EstimateRequest(_message.Message):
    __slots__ = ("chips_rgb", "age_and_gender", "emotion", "landmarks")
    CHIPS_RGB_FIELD_NUMBER: _ClassVar[int]
    AGE_AND_GENDER_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    chips_rgb: _containers.RepeatedScalarFieldContainer[bytes]
    age_and_gender: bool
    emotion: bool
    landmarks: bool
    def __init__(self, chips_rgb: _Optional[_Iterable[bytes]] = ..., age_and_gender: _Optional[bool] = ..., emotion: _Optional[bool] = ..., landmarks: _Optional[bool] = ...) -> None: ...

class AgeEstimate(_message.Message):
    __slots__ = ("years", "low_years", "high_years")
    YEARS_FIELD_NUMBER: _ClassVar[int]
    LOW_YEARS_FIELD_NUMBER: _ClassVar[int]
    HIGH_YEARS_FIELD_NUMBER: _ClassVar[int]
    years: float
    low_years: float
    high_years: float
    def __init__(self, years: _Optional[float] = ..., low_years: _Optional[float] = ..., high_years: _Optional[float] = ...) -> None: ...

class HeadPose(_message.Message):
    __slots__ = ("pitch_deg", "yaw_deg", "roll_deg")
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    ROLL_DEG_FIELD_NUMBER: _ClassVar[int]
    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    def __init__(self, pitch_deg: _Optional[float] = ..., yaw_deg: _Optional[float] = ..., roll_deg: _Optional[float] = ...) -> None: ...

class EstimatedFace(_message.Message):
    __slots__ = ("age", "gender", "emotion", "landmarks", "pose")
    AGE_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    age: AgeEstimate
    gender: _face_pb2.GenderProbabilities
    emotion: _face_pb2.EmotionProbabilities
    landmarks: _containers.RepeatedCompositeFieldContainer[_face_pb2.Point]
    pose: HeadPose
    def __init__(self, age: _Optional[_Union[AgeEstimate, _Mapping]] = ..., gender: _Optional[_Union[_face_pb2.GenderProbabilities, _Mapping]] = ..., emotion: _Optional[_Union[_face_pb2.EmotionProbabilities, _Mapping]] = ..., landmarks: _Optional[_Iterable[_Union[_face_pb2.Point, _Mapping]]] = ..., pose: _Optional[_Union[HeadPose, _Mapping]] = ...) -> None: ...

class FacesEstimated(_message.Message):
    __slots__ = ("faces", "classifier_version")
    FACES_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_VERSION_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[EstimatedFace]
    classifier_version: str
    def __init__(self, faces: _Optional[_Iterable[_Union[EstimatedFace, _Mapping]]] = ..., classifier_version: _Optional[str] = ...) -> None: ...
