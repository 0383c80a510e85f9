"""Faces cut out of photos where they were found, as PNG."""

from collections.abc import Sequence
from typing import Final

from models.dataset.face import encode_chip
from models.predict.finder import FaceCutter as Cutter
from models.predict.finder import Photo
from models.pyramid import Found
from services.common import jpeg_decoder
from services.labels.domain.faces import Candidate

# A chip shows faces at 80 pixels: a photo is decoded at no less than the scale at which the smallest face is as large.
_FACE_PX: Final = 80


class FaceCutter:
    """Cuts as detect does: nets learn from the chips that they will see.

    Args:
        min_face_px: width that a face should have in the full-size photo, pixels.
        max_photo_pixels: larger photos are not decoded.
    """

    def __init__(self, min_face_px: int, max_photo_pixels: int) -> None:
        self._cutter = Cutter()
        self._min_face_px = min_face_px
        self._max_photo_pixels = max_photo_pixels

    def chips(self, photo: bytes, faces: Sequence[Candidate]) -> list[bytes]:
        """Their chips, PNG of (144, 144, 3) uint8 RGB.

        Raises:
            BadInputError: the photo cannot be decoded.
        """
        decoded = jpeg_decoder.decode(photo, min(1.0, _FACE_PX / self._min_face_px), self._max_photo_pixels)
        shown = Photo(decoded.rgb, (decoded.height_px, decoded.width_px), self._min_face_px)
        across, down = decoded.rgb.shape[1] / decoded.width_px, decoded.rgb.shape[0] / decoded.height_px
        found = [
            Found(left * across, top * down, width * across, height * down, face.score)
            for face in faces
            for left, top, width, height in (face.box,)
        ]
        return [encode_chip(self._cutter.cut(shown, box).chip) for box in found]
