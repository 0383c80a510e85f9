import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TimeSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_SOURCE_UNSPECIFIED: _ClassVar[TimeSource]
    TIME_SOURCE_PATH: _ClassVar[TimeSource]
    TIME_SOURCE_EXIF: _ClassVar[TimeSource]
    TIME_SOURCE_ARRIVAL: _ClassVar[TimeSource]

class RejectionReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECTION_REASON_UNSPECIFIED: _ClassVar[RejectionReason]
    REJECTION_REASON_EMPTY: _ClassVar[RejectionReason]
    REJECTION_REASON_NOT_JPEG: _ClassVar[RejectionReason]
    REJECTION_REASON_TRUNCATED: _ClassVar[RejectionReason]
    REJECTION_REASON_TOO_LARGE: _ClassVar[RejectionReason]
    REJECTION_REASON_TOO_MANY_PIXELS: _ClassVar[RejectionReason]
    REJECTION_REASON_OUTSIDE_HOURS: _ClassVar[RejectionReason]
    REJECTION_REASON_BURST: _ClassVar[RejectionReason]
    REJECTION_REASON_NOT_PHOTO: _ClassVar[RejectionReason]
    REJECTION_REASON_DISABLED: _ClassVar[RejectionReason]
TIME_SOURCE_UNSPECIFIED: TimeSource
TIME_SOURCE_PATH: TimeSource
TIME_SOURCE_EXIF: TimeSource
TIME_SOURCE_ARRIVAL: TimeSource
REJECTION_REASON_UNSPECIFIED: RejectionReason
REJECTION_REASON_EMPTY: RejectionReason
REJECTION_REASON_NOT_JPEG: RejectionReason
REJECTION_REASON_TRUNCATED: RejectionReason
REJECTION_REASON_TOO_LARGE: RejectionReason
REJECTION_REASON_TOO_MANY_PIXELS: RejectionReason
REJECTION_REASON_OUTSIDE_HOURS: RejectionReason
REJECTION_REASON_BURST: RejectionReason
REJECTION_REASON_NOT_PHOTO: RejectionReason
REJECTION_REASON_DISABLED: RejectionReason

class Photo(_message.Message):
    __slots__ = ("photo_id", "region_id", "shop_id", "camera_id", "captured_at", "received_at", "object_key", "size_bytes", "time_source", "stamped_at")
    PHOTO_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KEY_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIME_SOURCE_FIELD_NUMBER: _ClassVar[int]
    STAMPED_AT_FIELD_NUMBER: _ClassVar[int]
    photo_id: str
    region_id: str
    shop_id: str
    camera_id: str
    captured_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    object_key: str
    size_bytes: int
    time_source: TimeSource
    stamped_at: _timestamp_pb2.Timestamp
    def __init__(self, photo_id: _Optional[str] = ..., region_id: _Optional[str] = ..., shop_id: _Optional[str] = ..., camera_id: _Optional[str] = ..., captured_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., object_key: _Optional[str] = ..., size_bytes: _Optional[int] = ..., time_source: _Optional[_Union[TimeSource, str]] = ..., stamped_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PhotoStored(_message.Message):
    __slots__ = ("photo",)
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    photo: Photo
    def __init__(self, photo: _Optional[_Union[Photo, _Mapping]] = ...) -> None: ...

class PhotoHeld(_message.Message):
    __slots__ = ("photo", "outside_hours", "burst_window_s")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_HOURS_FIELD_NUMBER: _ClassVar[int]
    BURST_WINDOW_S_FIELD_NUMBER: _ClassVar[int]
    photo: Photo
    outside_hours: bool
    burst_window_s: int
    def __init__(self, photo: _Optional[_Union[Photo, _Mapping]] = ..., outside_hours: _Optional[bool] = ..., burst_window_s: _Optional[int] = ...) -> None: ...

class PhotoRejected(_message.Message):
    __slots__ = ("rejection_id", "region_id", "shop_id", "camera_id", "received_at", "reason")
    REJECTION_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    rejection_id: str
    region_id: str
    shop_id: str
    camera_id: str
    received_at: _timestamp_pb2.Timestamp
    reason: RejectionReason
    def __init__(self, rejection_id: _Optional[str] = ..., region_id: _Optional[str] = ..., shop_id: _Optional[str] = ..., camera_id: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[_Union[RejectionReason, str]] = ...) -> None: ...
