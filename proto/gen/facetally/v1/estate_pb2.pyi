from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Shop(_message.Message):
    __slots__ = ("region_id", "shop_id", "time_zone", "opening_hours", "holidays", "cameras", "logins")
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    OPENING_HOURS_FIELD_NUMBER: _ClassVar[int]
    HOLIDAYS_FIELD_NUMBER: _ClassVar[int]
    CAMERAS_FIELD_NUMBER: _ClassVar[int]
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    region_id: str
    shop_id: str
    time_zone: str
    opening_hours: str
    holidays: _containers.RepeatedScalarFieldContainer[str]
    cameras: _containers.RepeatedCompositeFieldContainer[Camera]
    logins: _containers.RepeatedCompositeFieldContainer[Login]
    def __init__(self, region_id: _Optional[str] = ..., shop_id: _Optional[str] = ..., time_zone: _Optional[str] = ..., opening_hours: _Optional[str] = ..., holidays: _Optional[_Iterable[str]] = ..., cameras: _Optional[_Iterable[_Union[Camera, _Mapping]]] = ..., logins: _Optional[_Iterable[_Union[Login, _Mapping]]] = ...) -> None: ...

class Camera(_message.Message):
    __slots__ = ("camera_id", "identifiers", "pattern", "burst_window_s", "disabled")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    BURST_WINDOW_S_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    identifiers: _containers.RepeatedScalarFieldContainer[str]
    pattern: str
    burst_window_s: int
    disabled: bool
    def __init__(self, camera_id: _Optional[str] = ..., identifiers: _Optional[_Iterable[str]] = ..., pattern: _Optional[str] = ..., burst_window_s: _Optional[int] = ..., disabled: _Optional[bool] = ...) -> None: ...

class Login(_message.Message):
    __slots__ = ("login", "camera_id", "shared_by", "secret_sha256", "salt")
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    SHARED_BY_FIELD_NUMBER: _ClassVar[int]
    SECRET_SHA256_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    login: str
    camera_id: str
    shared_by: _containers.RepeatedScalarFieldContainer[str]
    secret_sha256: bytes
    salt: bytes
    def __init__(self, login: _Optional[str] = ..., camera_id: _Optional[str] = ..., shared_by: _Optional[_Iterable[str]] = ..., secret_sha256: _Optional[bytes] = ..., salt: _Optional[bytes] = ...) -> None: ...
