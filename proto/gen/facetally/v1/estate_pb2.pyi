from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class CameraLogin(_message.Message):
    __slots__ = ("login", "camera_id", "shop_id", "region_id", "secret_sha256", "salt", "disabled")
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_SHA256_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    login: str
    camera_id: str
    shop_id: str
    region_id: str
    secret_sha256: bytes
    salt: bytes
    disabled: bool
    def __init__(self, login: _Optional[str] = ..., camera_id: _Optional[str] = ..., shop_id: _Optional[str] = ..., region_id: _Optional[str] = ..., secret_sha256: _Optional[bytes] = ..., salt: _Optional[bytes] = ..., disabled: _Optional[bool] = ...) -> None: ...
