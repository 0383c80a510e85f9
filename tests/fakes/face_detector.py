"""A detector that reads faces out of the photo's own bytes: `JPEG 220 300` is a photo with two faces of these widths."""

from services.common.errors import BadInputError
from services.common.vocabulary import Quality, QualityReason
from services.detect.domain import SeenFace, Sighting


def face(
    width_px: int, left_px: int = 0, quality: Quality = Quality.GOOD, reason: QualityReason = QualityReason.NONE
) -> SeenFace:
    """A face of that width and quality."""
    points = ((0.0, 0.0), (10.0, 0.0), (50.0, 0.0), (60.0, 0.0), (30.0, 30.0))
    return SeenFace(
        left_px,
        0,
        width_px,
        width_px,
        1.0,
        points,
        bytes(3 * 144 * 144),
        quality,
        reason,
        sharpness=0.5,
        brightness=120.0,
        pose_residual=0.25,
    )


class FakeFaceDetector:
    """Sees what it is told."""

    version = "fake"

    async def detect(self, photo: bytes, *, urgent: bool = False) -> Sighting:
        """As FaceDetector.detect."""
        kind, *widths = photo.decode(errors="replace").split()
        if kind != "JPEG":
            raise BadInputError("unreadable", "not a JPEG that can be decoded")
        return Sighting(1920, 1080, tuple(face(int(width)) for width in widths))
