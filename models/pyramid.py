"""The picture that dlib's CNN looks at: all sizes of a photo on one canvas, and the way back from there to boxes.

The net sees faces of one size only. So the photo is laid out again and again, each time five sixths of the size before,
in two columns, and one pass over the canvas finds faces of all sizes. Layout, arithmetic and rounding are dlib's, so
that boxes are dlib's to the pixel. Serving spreads the same tiles over two tighter canvases.

Source: dlib, `pyramid_down<6>`, `input_rgb_image_pyramid`, `loss_mmod` (dlib/image_transforms/image_pyramid.h,
dlib/dnn/input.h, dlib/dnn/loss.h). https://github.com/davisking/dlib
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocess import MEAN_RGB

# A face fills this window of the net's input, pixels.
WINDOW_PX: Final = 80
# dlib's pyramid: each size is 5 sixths of the one before.
DLIB_STEPS: Final = 6
# Between two tiles, and around all of them, pixels.
PADDING_PX: Final = 10
MARGIN_PX: Final = 11
# Boxes that overlap more than this are one face: intersection by the area of the rectangle around both.
MAX_OVERLAP: Final = 0.33827614
# An output cell stands for a point of the canvas: three convolutions of 5 x 5, each at half the size, without padding.
_CELL_PX: Final = 8
_FIRST_CELL_PX: Final = 14
_LEAST_CANVAS_PX: Final = 29
_LEAST_TILE_PX: Final = 5
_MEAN_COLOUR: Final = np.rint(MEAN_RGB).astype(np.uint8)


class Tile(NamedTuple):
    """Where one size of the photo lies on the canvas, pixels.

    Args:
        level: which of the sizes; 0 is the photo itself.
    """

    top: int
    left: int
    height: int
    width: int
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A canvas for photos of one size.

    Args:
        tiles: from the largest copy of the photo that is on it down to its smallest.
        steps: each size is so many steps, less one, of the size before.
    """

    tiles: tuple[Tile, ...]
    height_px: int
    width_px: int
    steps: int

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of the net's output."""
        return _cells(self.height_px), _cells(self.width_px)

    def blank(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB, the mean colour: what the net sees as nothing."""
        canvas = np.empty((self.height_px, self.width_px * 3), np.uint8)
        canvas[:] = np.tile(_MEAN_COLOUR, self.width_px)  # whole rows: pixel by pixel it takes sixty times as long
        return canvas.reshape(self.height_px, self.width_px, 3)

    def boxes(self, cells: NDArray[np.intp]) -> NDArray[np.int64]:
        """The boxes that cells stand for: their windows on the canvas, seen as windows of the nearest tile, and enlarged.

        Args:
            cells: numbers of output cells, counted row by row.

        Returns:
            (cells, 4), pixels of the photo: left, top, right, bottom, the last two inclusive.
        """
        y, x = (axis * float(_CELL_PX) + _FIRST_CELL_PX for axis in np.divmod(cells, self.cells[1]))
        top, left, height, width, levels = np.array(self.tiles, float).T[:, :, None]
        below = np.maximum(0, np.maximum(top - y, y - (top + height - 1)))
        beside = np.maximum(0, np.maximum(left - x, x - (left + width - 1)))
        nearest = np.argmin(np.hypot(below, beside), axis=0)
        half = (WINDOW_PX - 1) / 2
        boxes = np.stack([x - half, y - half, x + half, y + half], 1)
        boxes -= np.concatenate([left[nearest], top[nearest]] * 2, 1)
        smaller = levels[nearest]
        for level in range(int(smaller.max(initial=0))):
            boxes = np.where(smaller > level, boxes * (self.steps / (self.steps - 1)) + 0.3, boxes)
        return np.where(boxes >= 0, np.floor(boxes + 0.5), np.ceil(boxes - 0.5)).astype(np.int64)


class Found(NamedTuple):
    """A box in pixels of the photo, and the net's confidence: above 0 is a face, about 1 is the most there is."""

    left: float
    top: float
    width: float
    height: float
    score: float


@lru_cache(maxsize=8)
def layout(height_px: int, width_px: int, steps: int = DLIB_STEPS) -> Layout | None:
    """The canvas for photos of this size; None where it would be too small for the net."""
    return _planned(*_tiles(height_px, width_px, steps), steps)


@lru_cache(maxsize=8)
def tight_layouts(height_px: int, width_px: int, steps: int) -> tuple[Layout, ...]:
    """Two canvases that hold the same sizes with a tenth less around them: the second size has one of its own.

    On the other the smaller ones stand in a column beside the photo. Those that its height leaves no room for stand to the right
    of narrower ones in that column, if they are large enough to show a face. Where a canvas would be too small for the net it is
    left out.
    """
    sizes = _sizes(height_px, width_px, steps)
    tiles = [Tile(MARGIN_PX, MARGIN_PX, height_px, width_px, 0)]
    column = _stacked(sizes, 2, MARGIN_PX, MARGIN_PX + width_px + PADDING_PX, height_px)
    widest = max((tile.width for tile in column), default=-PADDING_PX)
    width = 2 * MARGIN_PX + width_px + PADDING_PX + widest
    tiles += column
    for beside in column[1:]:
        left, level = beside.left + beside.width + PADDING_PX, tiles[-1].level + 1
        if level < len(sizes) and min(sizes[level]) >= WINDOW_PX and left + sizes[level][1] <= width - MARGIN_PX:
            tiles += _stacked(sizes, level, beside.top, left, beside.height)
    plans = [_planned(tiles, height_px + 2 * MARGIN_PX, width, steps)]
    if len(sizes) > 1:
        height, width = sizes[1]
        second = Tile(MARGIN_PX, MARGIN_PX, height, width, 1)
        plans.append(_planned([second], height + 2 * MARGIN_PX, width + 2 * MARGIN_PX, steps))
    return tuple(plan for plan in plans if plan is not None)


def canvases(rgb: NDArray[np.uint8], plans: Sequence[Layout]) -> list[NDArray[np.uint8]]:
    """Lay a photo out. Sizes are interpolated in bytes, which is not dlib's arithmetic to the last bit, and a tenth of its cost.

    Args:
        rgb: (h, w, 3) uint8 RGB, of the size that the layouts are for.
        plans: the layouts; together they have all sizes.

    Returns:
        (height, width, 3) uint8 RGB for each, the mean colour between tiles.
    """
    filled = [plan.blank() for plan in plans]
    places = [(tile, onto) for plan, onto in zip(plans, filled, strict=True) for tile in plan.tiles]
    for tile, onto in sorted(places, key=lambda place: place[0].level):
        if rgb.shape[:2] != (tile.height, tile.width):
            rgb = np.asarray(cv2.resize(rgb, (tile.width, tile.height), interpolation=cv2.INTER_LINEAR), np.uint8)
        onto[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] = rgb
    return filled


def found(plans: Sequence[Layout], scores: Sequence[NDArray[np.float32]], threshold: float) -> list[Found]:
    """What the net's outputs say, the surest first, each face once.

    Args:
        plans: of the canvases.
        scores: of each, (rows, columns) or flat, of all cells.
        threshold: the least confidence.
    """
    boxes: list[Found] = []
    for plan, of_one in zip(plans, scores, strict=True):
        flat = of_one.ravel()
        cells = np.flatnonzero(flat > threshold)
        if len(cells):
            for (left, top, right, bottom), score in zip(plan.boxes(cells).tolist(), flat[cells].tolist(), strict=True):
                boxes.append(Found(left, top, right - left + 1, bottom - top + 1, score))
    kept: list[Found] = []
    for box in sorted(boxes, key=lambda box: -box.score):  # of two that are as sure, the first cell's stays first
        if not any(_overlap(box, other) > MAX_OVERLAP for other in kept):
            kept.append(box)
    return kept


def _planned(tiles: Sequence[Tile], height: int, width: int, steps: int) -> Layout | None:
    if min(height, width) < _LEAST_CANVAS_PX:
        return None
    return Layout(tuple(tiles), height, width, steps)


def _stacked(sizes: Sequence[tuple[int, int]], level: int, top: int, left: int, room_px: int) -> list[Tile]:
    """Sizes from a level on, one below the other, as many as there is room for."""
    tiles: list[Tile] = []
    bottom = top + room_px
    for height, width in sizes[level:]:
        if top + height > bottom:
            break
        tiles.append(Tile(top, left, height, width, level + len(tiles)))
        top += height + PADDING_PX
    return tiles


def _cells(canvas_px: int) -> int:
    for _ in range(3):
        canvas_px = (canvas_px - 5) // 2 + 1
    return canvas_px


def _sizes(height: int, width: int, steps: int) -> list[tuple[int, int]]:
    sizes = [(height, width)]
    while (smaller := (height * (steps - 1) // steps, width * (steps - 1) // steps))[0] >= _LEAST_TILE_PX and smaller[
        1
    ] > 0:
        height, width = smaller
        sizes.append(smaller)
    return sizes


def _tiles(height: int, width: int, steps: int) -> tuple[list[Tile], int, int]:
    """Tiles, height and width of the canvas.

    The first column goes down, at the left. The second goes back up, at the right, beside tiles that leave room for it.
    A tile that would reach into the first one ends it: those that would follow are too small to show a face.
    """
    sizes = _sizes(height, width, steps)
    total = sum(tile_height + PADDING_PX for tile_height, _ in sizes) - 2 * PADDING_PX
    column, above = 0, 0
    for tile_height, tile_width in sizes:
        if tile_width <= width - above - PADDING_PX and (column - height) * 2 >= total - height:
            break
        column, above = column + tile_height + PADDING_PX, tile_width
    column -= PADDING_PX
    tiles: list[Tile] = []
    top = MARGIN_PX
    while top < column + MARGIN_PX and len(tiles) < len(sizes):
        tile_height, tile_width = sizes[len(tiles)]
        tiles.append(Tile(top, MARGIN_PX, tile_height, tile_width, len(tiles)))
        top += tile_height + PADDING_PX
    bottom = top - PADDING_PX
    for tile_height, tile_width in sizes[len(tiles) :]:
        top, left = bottom - tile_height, MARGIN_PX + width - tile_width
        if top < MARGIN_PX + height and left < MARGIN_PX + width:
            break
        tiles.append(Tile(top, left, tile_height, tile_width, len(tiles)))
        bottom = top - PADDING_PX
    return tiles, column + 2 * MARGIN_PX, width + 2 * MARGIN_PX


def _overlap(a: Found, b: Found) -> float:
    a_left, a_top, a_width, a_height, _ = a
    b_left, b_top, b_width, b_height, _ = b
    a_right, b_right = a_left + a_width, b_left + b_width
    across = min(a_right, b_right) - max(a_left, b_left)
    if across <= 0:
        return 0.0
    a_bottom, b_bottom = a_top + a_height, b_top + b_height
    down = min(a_bottom, b_bottom) - max(a_top, b_top)
    if down <= 0:
        return 0.0
    around = (max(a_right, b_right) - min(a_left, b_left)) * (max(a_bottom, b_bottom) - min(a_top, b_top))
    return across * down / around


def fitting(photo: tuple[int, int], scale: float) -> tuple[int, int]:
    """Height and width of a photo at a scale, pixels, at least 1."""
    height, width = photo
    return max(1, math.floor(height * scale + 0.5)), max(1, math.floor(width * scale + 0.5))
