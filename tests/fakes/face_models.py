"""detect and classify for whoever asks them: every photo shows the same two faces."""

import asyncio

from facetally.v1.face_pb2 import Box, EmotionProbabilities, GenderProbabilities, Point
from facetally.v1.question_pb2 import (
    AgeEstimate,
    EstimatedFace,
    EstimateRequest,
    FacesEstimated,
    HeadPose,
    LookRequest,
    PhotoLooked,
    SeenFace,
)

from services.common.errors import BadInputError, TransientError

CHIP = b"a chip"
LARGE = SeenFace(
    box=Box(left=-10, top=20, width=200, height=200),
    score=0.9,
    points=[Point(x=x, y=100) for x in (140, 110, 40, 70, 90)],
    centre=Point(x=90, y=120),
    size_px=160,
    roll_deg=0,
    sharpness=0.5,
    brightness=130,
    quality="FACE_QUALITY_GOOD",
    quality_reason="QUALITY_REASON_NONE",
)
SMALL = SeenFace(
    box=Box(left=600, top=400, width=80, height=80),
    score=0.0,
    points=LARGE.points,
    centre=Point(x=640, y=440),
    size_px=57,
    roll_deg=90,
    sharpness=0.06,
    brightness=30,
    quality="FACE_QUALITY_USABLE",
    quality_reason="QUALITY_REASON_TOO_DARK",
)


class FakeModels:
    """Answers at once, or not at all.

    Args:
        error: raised instead of looking.
    """

    def __init__(self, error: BadInputError | TransientError | None = None) -> None:
        self.looks: list[LookRequest] = []
        self.estimates: list[EstimateRequest] = []
        self.error = error
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def look(self, question: LookRequest) -> PhotoLooked:
        """Two faces; none where the photo says so."""
        self.looks.append(question)
        await self.may_answer.wait()
        if self.error:
            raise self.error
        faces = [] if question.photo.startswith(b"nobody") else [LARGE, SMALL]
        answer = PhotoLooked(width_px=640, height_px=480, faces=faces, detector_version="detector-1")
        for face in answer.faces:
            if question.with_chips:
                face.chip_rgb = CHIP
            if question.with_noise:
                face.noise = 12.0
        return answer

    async def estimate(self, question: EstimateRequest) -> FacesEstimated:
        """What is asked for, the same for all."""
        self.estimates.append(question)
        face = EstimatedFace()
        if question.age_and_gender:
            face.age.CopyFrom(AgeEstimate(years=34.24, low_years=25.4, high_years=43.6))
            face.gender.CopyFrom(GenderProbabilities(female=0.9, male=0.1))
        if question.emotion:
            face.emotion.CopyFrom(EmotionProbabilities(happiness=0.75, neutral=0.25))
        if question.landmarks:
            face.landmarks.extend(Point(x=72 + i / 10, y=72) for i in range(68))
            face.pose.CopyFrom(HeadPose(pitch_deg=5, yaw_deg=-10, roll_deg=2))
        return FacesEstimated(faces=[face] * len(question.chips_rgb), classifier_version="classifier-1")
