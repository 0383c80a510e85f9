"""How large the file of a photo may be. Azure's limits, for every protocol. Pure."""

from typing import Final

from services.faceapi.domain.problems import too_big, too_small

MAX_PHOTO_BYTES: Final = 6 << 20
MIN_PHOTO_BYTES: Final = 1 << 10


def of_size(photo: bytes) -> bytes:
    """The photo.

    Raises:
        ProblemError: it is smaller or larger than photos are.
    """
    if len(photo) < MIN_PHOTO_BYTES:
        raise too_small()
    if len(photo) > MAX_PHOTO_BYTES:
        raise too_big()
    return photo
