"""detect as the reports ask it, without pixels."""

from facetally.v1.face_pb2 import Box, ExaminedFace, FaceQuality, PhotoExamined, Point, QualityReason

from services.common.errors import BadInputError, TransientError


class FakeExaminer:
    """Sees one face in every photo; refuses all while `away`, and what holds `unreadable`."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[bytes] = []

    async def __call__(self, photo: bytes) -> PhotoExamined:
        """As NatsExaminer."""
        self.asked.append(photo)
        if self.away:
            raise TransientError("nobody answers: NoRespondersError")
        if b"unreadable" in photo:
            raise BadInputError("unreadable", "the JPEG's data is beyond repair")
        face = ExaminedFace(
            box=Box(left=100, top=200, width=240, height=240),
            points=[Point(x=150, y=260)],
            eye_distance_px=110,
            counts=True,
            sharpness=0.4,
            brightness=120,
            quality=FaceQuality.FACE_QUALITY_GOOD,
            quality_reason=QualityReason.QUALITY_REASON_NONE,
        )
        return PhotoExamined(width_px=1920, height_px=1080, faces=[face], min_face_px=200, preview_jpeg=b"small")
