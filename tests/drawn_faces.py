"""Faces that were drawn to be labelled, without photos."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from models.dataset.face import encode_chip
from tests.models.faces import reference_chips

NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHIP: Final = encode_chip(reference_chips()[0])


async def draw_face(connection: Any, number: int, shop: str, *, doubt: float, after: timedelta = timedelta(0)) -> str:
    """A face of a woman of about 41 who looks surprised; its id.

    Args:
        connection: to the database, as its owner.
        number: of the face.
        shop: where it was taken.
        doubt: how little the models say of it.
        after: how long after noon.
    """
    photo_id = UUID(int=number)
    face_id: str = await connection.fetchval(
        "insert into drawn_face (face_id, photo_id, face_index, local_day, camera, shop, captured_at, received_at, object_key, "
        "box_left_px, box_top_px, box_width_px, box_height_px, quality, chip, consent, drawn_by, score, doubt, classifier_version, "
        "age_years, age_low_years, age_high_years, female_probability, emotion_probabilities) values ($1, $2, 0, $3, $4, $5, $6, $6, "
        "'key', 10, 20, 90, 90, 'good', $7, true, 'uncertainty', $8, $8, 'nets-1', 41.2, 33, 49, 0.8, "
        "'{0.2,0.1,0.5,0.1,0.1,0,0}') returning face_id",
        f"{photo_id.hex}-0",
        photo_id,
        NOON.date(),
        f"{shop}-cam",
        shop,
        NOON + after,
        CHIP,
        doubt,
    )
    return face_id
