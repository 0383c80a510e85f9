"""All sizes of a photo on one canvas, and the way back. That both are dlib's: test_mmod_parity."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.architectures.mmod import CONVOLUTIONS
from models.preprocess import MEAN_RGB
from models.pyramid import DLIB_STEPS, MAX_OVERLAP, WINDOW_PX, Layout, Tile, canvas, fitting, found, layout

SIDES = st.integers(30, 400)
STRIDE_PX = int(np.prod([stride for _, _, stride, _ in CONVOLUTIONS]))
GROWTH = DLIB_STEPS / (DLIB_STEPS - 1)


def planned(height_px: int, width_px: int) -> Layout:
    plan = layout(height_px, width_px, DLIB_STEPS)
    assert plan is not None
    return plan


def cells(side_px: int) -> int:
    """Of the net's output along a side of the canvas."""
    for _, window, stride, padding in CONVOLUTIONS:
        side_px = (side_px + 2 * padding - window) // stride + 1
    return side_px


def centres(plan: Layout) -> NDArray[np.float64]:
    """(cells, 2): x and y of the canvas's pixel in the middle of what each cell sees."""
    first = 0.0
    for _, window, stride, padding in reversed(CONVOLUTIONS):
        first = first * stride + (window - 1) / 2 - padding
    rows, columns = np.mgrid[: cells(plan.height_px), : cells(plan.width_px)] * STRIDE_PX + first
    return np.stack([columns.ravel(), rows.ravel()], 1)


def inside(points: NDArray[np.float64], tile: Tile) -> NDArray[np.bool_]:
    x, y = points.T
    across = (tile.left <= x) & (x < tile.left + tile.width)
    return np.asarray(across & (tile.top <= y) & (y < tile.top + tile.height))


@given(SIDES, SIDES)
def test_sizes_lie_within_the_canvas_and_beside_each_other(height_px: int, width_px: int) -> None:
    plan = planned(height_px, width_px)
    assert plan.tiles[0][2:] == (height_px, width_px)
    assert plan.blank.shape == (plan.height_px, plan.width_px, 3)
    for tile in plan.tiles:
        assert tile.top > 0
        assert tile.left > 0
        assert tile.top + tile.height < plan.height_px
        assert tile.left + tile.width < plan.width_px
    for one, other in combinations(plan.tiles, 2):
        apart = (
            one.left + one.width <= other.left
            or other.left + other.width <= one.left
            or one.top + one.height <= other.top
            or other.top + other.height <= one.top
        )
        assert apart


@given(SIDES, SIDES)
def test_each_size_is_a_step_smaller_than_the_one_before(height_px: int, width_px: int) -> None:
    tiles = planned(height_px, width_px).tiles
    for larger, smaller in zip(tiles, tiles[1:], strict=False):
        assert 0 <= larger.height / GROWTH - smaller.height < 1
        assert 0 <= larger.width / GROWTH - smaller.width < 1


@given(SIDES, SIDES)
@settings(deadline=None)
def test_a_cells_box_is_its_window_in_the_photo(height_px: int, width_px: int) -> None:
    """Rounding at each size adds up: measured to a fiftieth of the box where there are 25 sizes."""
    plan = planned(height_px, width_px)
    points = centres(plan)
    assert plan.boxes.shape == (len(points), 4)
    for level, tile in enumerate(plan.tiles):
        within = inside(points, tile)
        boxes = plan.boxes[within]
        side = (WINDOW_PX - 1) * GROWTH**level + 1
        np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2] + 1, side, atol=1.01)
        shown = (points[within] - (tile.left, tile.top)) * (width_px / tile.width, height_px / tile.height)
        np.testing.assert_allclose((boxes[:, :2] + boxes[:, 2:]) / 2, shown, atol=0.04 * side)


@pytest.mark.parametrize(("height_px", "width_px"), [(1, 1), (5, 5), (6, 6), (6, 600), (600, 6), (5, 600)])
def test_a_photo_that_makes_no_canvas_for_the_net_has_no_layout(height_px: int, width_px: int) -> None:
    plan = layout(height_px, width_px, DLIB_STEPS)
    assert (plan is None) is (min(height_px, width_px) + 22 < 29 and (height_px, width_px) != (6, 600))
    if plan is not None:
        assert cells(plan.height_px) >= 1
        assert cells(plan.width_px) >= 1


def test_a_canvas_holds_every_size_of_the_photo_in_its_tile_and_the_mean_colour_elsewhere() -> None:
    rgb = np.full((60, 90, 3), (250, 10, 30), np.uint8)
    plan = planned(60, 90)
    filled = canvas(rgb, plan)
    assert filled.dtype == np.uint8
    around = np.ones(filled.shape[:2], bool)
    for tile in plan.tiles:
        place = np.s_[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        assert (filled[place] == rgb[0, 0]).all()
        around[place] = False
    assert (filled[around] == np.rint(MEAN_RGB)).all()
    assert (plan.blank == np.rint(MEAN_RGB)).all(), "the layout is shared: nobody draws on it"


def test_the_photo_itself_is_on_the_canvas_as_it_is() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    plan = planned(60, 90)
    tile = plan.tiles[0]
    np.testing.assert_array_equal(canvas(rgb, plan)[tile.top : tile.top + 60, tile.left : tile.left + 90], rgb)


PLAN = planned(200, 300)


def cell_at(x: float, y: float, level: int = 0) -> int:
    """The cell whose box in the photo has its middle nearest to this point, among those that see the photo in this size."""
    boxes = PLAN.boxes
    distance = np.hypot(*((boxes[:, :2] + boxes[:, 2:]) / 2 - (x, y)).T)
    distance[~inside(centres(PLAN), PLAN.tiles[level])] = np.inf
    return int(distance.argmin())


def scores(**cell_scores: float) -> NDArray[np.float32]:
    flat = np.full(len(PLAN.boxes), -1, np.float32)
    for cell, score in cell_scores.items():
        flat[int(cell.removeprefix("cell_"))] = score
    return flat


def scored(*cell_scores: tuple[int, float]) -> NDArray[np.float32]:
    return scores(**{f"cell_{cell}": score for cell, score in cell_scores})
