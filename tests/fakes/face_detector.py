"""A detector that reads faces out of the photo's own bytes: `JPEG 220 300` is a photo with two faces of these widths.

Who asks may also show it a `PNG`.
"""

from services.common.errors import BadInputError
from services.common.vocabulary import Quality, QualityReason
from services.detect.domain import Look, SeenFace, Sighting


def face(
    width_px: int,
    left_px: int = 0,
    quality: Quality = Quality.GOOD,
    reason: QualityReason = QualityReason.NONE,
    noise: float | None = None,
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
        (30.0, 20.0),
        width_px / 1.4,
        5.0,
        bytes(3 * 144 * 144),
        quality,
        reason,
        sharpness=0.5,
        brightness=120.0,
        pose_residual=0.25,
        noise=noise,
    )


class FakeFaceDetector:
    """Sees what it is told, if it looks closely enough; notes which looks were urgent."""

    def __init__(self) -> None:
        self.urgent: list[bool] = []

    def version(self, look: Look) -> str:
        """As FaceDetector.version."""
        return f"fake-{look.min_face_px}px"

    async def detect(self, photo: bytes, look: Look, *, urgent: bool = False) -> Sighting:
        """As FaceDetector.detect."""
        self.urgent.append(urgent)
        kind, *widths = photo.decode(errors="replace").split()
        if kind != "JPEG" and not (look.is_question and kind == "PNG"):
            raise BadInputError("unreadable", "not a JPEG that can be decoded")
        if look.max_pixels < 1920 * 1080:
            raise BadInputError("too_many_pixels", "more than are looked at")
        noise = 2.5 if look.with_noise else None
        faces = (face(int(width), noise=noise) for width in widths)
        return Sighting(1920, 1080, tuple(one for one in faces if one.width_px >= look.min_face_px / 2))
