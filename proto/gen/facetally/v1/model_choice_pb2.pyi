import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModelChoice(_message.Message):
    __slots__ = ("release", "promoted_by", "promoted_at", "reason", "before", "signature", "canary", "shadow")
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_BY_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CANARY_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    release: ModelRelease
    promoted_by: str
    promoted_at: _timestamp_pb2.Timestamp
    reason: str
    before: ModelRelease
    signature: bytes
    canary: ModelTrial
    shadow: ModelTrial
    def __init__(self, release: _Optional[_Union[ModelRelease, _Mapping]] = ..., promoted_by: _Optional[str] = ..., promoted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., before: _Optional[_Union[ModelRelease, _Mapping]] = ..., signature: _Optional[bytes] = ..., canary: _Optional[_Union[ModelTrial, _Mapping]] = ..., shadow: _Optional[_Union[ModelTrial, _Mapping]] = ...) -> None: ...

class ModelTrial(_message.Message):
    __slots__ = ("release", "share")
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    release: ModelRelease
    share: float
    def __init__(self, release: _Optional[_Union[ModelRelease, _Mapping]] = ..., share: _Optional[float] = ...) -> None: ...

class ModelRelease(_message.Message):
    __slots__ = ("name", "sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: bytes
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...
