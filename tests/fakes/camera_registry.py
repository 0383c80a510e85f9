"""Cameras in memory."""

from dataclasses import dataclass, field
from hashlib import sha256

from services.common.ids import CameraId, RegionId, ShopId
from services.ingest.domain import Camera


@dataclass
class FakeCameraRegistry:
    """Cameras by login."""

    cameras: dict[str, Camera] = field(default_factory=dict)

    def add(self, login: str, secret: str, *, disabled: bool = False) -> Camera:
        """Register a camera of shop-1 in the region north."""
        digest = sha256(b"salt" + secret.encode()).digest()
        camera = Camera(CameraId(login), ShopId("shop-1"), RegionId("north"), b"salt", digest, disabled)
        self.cameras[login] = camera
        return camera

    def find(self, login: str) -> Camera | None:
        """As KvCameraRegistry.find."""
        return self.cameras.get(login)
