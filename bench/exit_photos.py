"""The photos that faces are looked for in: what exit cameras take, and one in five in which HOG finds nobody.

They are the demo photos of 1920 x 1080 that show faces HOG finds, about 1 MB each, and copies of some of them that were
made hard: turned by 30 degrees about the frame's middle, to one side or the other, and then, step by step, blurred by 3
pixels (sigma) more and a fifth darker, until HOG finds no face. Taken are those that need the fewest steps, one copy of a
photo at most, as many as make one in five of all. The CNN is not asked. As the demo photos are, the copies are given a
sensor's noise, which a dark photo shows best, and the best JPEG quality at which they are not larger than 1 MB.

Nothing is drawn by chance but the noise, which is the same each time: so are the photos.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from services.demo.domain import FRAME_PX, PHOTOS

FOLDER: Final = Path(__file__).parents[1] / "demo_photos"
# One photo in so many is one in which HOG finds nobody.
ONE_IN: Final = 5
_TURN_DEG: Final = 30.0
_BLUR_PX: Final = 3.0
_DARKER: Final = 0.8
_MOST_STEPS: Final = 12
_NOISE_SIGMA: Final = 3.5
_TARGET_BYTES: Final = 1_000_000
_QUALITIES: Final = range(98, 19, -1)


@dataclass(frozen=True, slots=True)
class ExitPhoto:
    """A photo as an exit camera uploads it.

    Args:
        name: of the file.
        jpeg: the file.
        is_hard: it was made so that HOG finds nobody.
    """

    name: str
    jpeg: bytes
    is_hard: bool = False


def exit_photos(hog_faces: Callable[[bytes], int], advance: Callable[[], None]) -> list[ExitPhoto]:
    """All of them, the hard ones among the others.

    Args:
        hog_faces: how many faces HOG finds in a JPEG.
        advance: told of each photo that was tried.
    """
    easy = [photo for photo in _demo_photos() if hog_faces(photo.jpeg)]
    hard = _hard_photos(easy, hard_for(len(easy)), hog_faces, advance)
    return [photo for one in easy for photo in (one, *(copy for copy in hard if copy.name.endswith(one.name)))]


def hard_for(easy: int) -> int:
    """How many hard photos make one in five, together with so many that are not."""
    return round(easy / (ONE_IN - 1))


def _demo_photos() -> Iterator[ExitPhoto]:
    for photo in PHOTOS:
        if photo.frame_px == FRAME_PX and photo.faces:
            yield ExitPhoto(photo.name, (FOLDER / photo.name).read_bytes())


def _hard_photos(
    easy: Sequence[ExitPhoto], count: int, hog_faces: Callable[[bytes], int], advance: Callable[[], None]
) -> list[ExitPhoto]:
    frames = {photo.name: simplejpeg.decode_jpeg(photo.jpeg) for photo in easy}
    noise = np.random.default_rng(0).normal(0, _NOISE_SIGMA, (*FRAME_PX[::-1], 1)).astype(np.float32)
    hard: list[ExitPhoto] = []
    for steps in range(_MOST_STEPS):
        for name in list(frames):
            for turn_deg in (_TURN_DEG, -_TURN_DEG):
                jpeg = encoded(_changed(frames[name], turn_deg, steps) + noise)
                advance()
                if not hog_faces(jpeg):
                    hard.append(ExitPhoto(f"hard-{name}", jpeg, is_hard=True))
                    del frames[name]
                    break
            if len(hard) == count:
                return hard
    raise RuntimeError(f"HOG finds a face in all but {len(hard)} photos, however hard they are made")


def _changed(frame: NDArray[np.uint8], turn_deg: float, steps: int) -> NDArray[np.float32]:
    width, height = FRAME_PX
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), turn_deg, 1)
    changed = cv2.warpAffine(frame, matrix, FRAME_PX, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if steps:
        changed = cv2.GaussianBlur(changed, (0, 0), _BLUR_PX * steps)
    return np.asarray(changed, np.float32) * _DARKER**steps


def encoded(frame: NDArray[np.float32] | NDArray[np.uint8], most_bytes: int = _TARGET_BYTES) -> bytes:
    """A frame as a JPEG, at the best quality at which it is not too large; at the least there is where it always is.

    Args:
        frame: (h, w, 3) RGB.
        most_bytes: that it should have.
    """
    pixels = np.clip(frame, 0, 255).astype(np.uint8)
    jpeg = b""
    for quality in _QUALITIES:
        jpeg = simplejpeg.encode_jpeg(pixels, quality=quality, colorsubsampling="420")
        if len(jpeg) <= most_bytes:
            break
    return jpeg
