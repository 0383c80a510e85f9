"""Faces that several tests look at: the reference's chips, and the demo's photos."""

from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from models.predict.finder import MIN_FACE_PX, Photo
from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX

REFERENCE = Path(__file__).parent / "reference"


def decoded(photo: Path, factor: int = 2, min_face_px: int = MIN_FACE_PX) -> Photo:
    """A photo at a `factor`th of its size, as libjpeg scales it while it decodes, to be looked at for faces of this size."""
    jpeg = photo.read_bytes()
    height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    least = {"min_height": height // factor, "min_width": width // factor}
    return Photo(simplejpeg.decode_jpeg(jpeg, "RGB", min_factor=1, **least), (height, width), min_face_px)


def reference_images(name: str, side_px: int) -> NDArray[np.uint8]:
    """What a reference runtime was given: (8, side, side, 3) uint8 RGB."""
    pixels = np.array(Image.open(REFERENCE / name).convert("RGB"))
    return pixels.reshape(-1, side_px, side_px, 3)


def reference_crops() -> NDArray[np.uint8]:
    """The eight faces as nets look at them: the chips that face-api's runtime was given."""
    return reference_images("chips.png", NET_SIZE_PX)


def reference_chips() -> NDArray[np.uint8]:
    """The same faces as detection cuts them; the margin that the reference lacks repeats the outermost pixels."""
    edge = (CHIP_SIZE_PX - NET_SIZE_PX) // 2
    return np.pad(reference_crops(), ((0, 0), (edge, edge), (edge, edge), (0, 0)), mode="edge")
