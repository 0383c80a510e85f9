"""People look at faces that were drawn, one by one, and say what they see."""

from typing import Protocol

from services.report.domain.review import FaceLabel, ReviewFace, ReviewProgress


class FaceRecords(Protocol):
    """Where drawn faces are, as somebody may see them. Every call raises TransientError where it is away."""

    async def next(self, person_id: int, after: str) -> ReviewFace | None:
        """The most doubtful face that nobody has labelled yet, of those that come after another one, if there is one.

        Args:
            person_id: who looks.
            after: a face's id; empty: of all.
        """
        ...

    async def face(self, person_id: int, face_id: str) -> ReviewFace | None:
        """A face, labelled or not; None where there is none that they may see."""
        ...

    async def chip(self, person_id: int, face_id: str) -> bytes | None:
        """A face's picture, PNG; None where there is none that they may see."""
        ...

    async def progress(self, person_id: int) -> ReviewProgress:
        """How far it is."""
        ...

    async def label(self, face_id: str, label: FaceLabel, by: str) -> bool:
        """Keep what somebody says; whether the face is still there."""
        ...
