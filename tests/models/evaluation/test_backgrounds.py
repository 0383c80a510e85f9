import numpy as np
import pytest
from PIL import Image

from models.evaluation.backgrounds import FRAME_PX, SAMPLE_HEADS, SAMPLES_DIR, Backgrounds, Crop, Head


def test_no_background_touches_a_head(backgrounds: Backgrounds) -> None:
    rng = np.random.default_rng(1)
    heads = list(SAMPLE_HEADS.values())
    crops = [backgrounds.crop(rng) for _ in range(400)]
    for crop in crops:
        if crop.picture < len(heads):
            assert not any(crop.touches(head) for head in heads[crop.picture])
    assert {crop.picture for crop in crops} == set(range(len(heads) + 8))


def test_parts_are_sixteen_to_nine_and_not_too_small(backgrounds: Backgrounds) -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        crop = backgrounds.crop(rng)
        assert crop.width >= 450  # one picture has no more
        assert crop.width / crop.height == pytest.approx(16 / 9, rel=0.01)


def test_backgrounds_fill_a_frame_and_are_the_same_for_the_same_seed(backgrounds: Backgrounds) -> None:
    first, again, other = (backgrounds.frame(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.shape == (*FRAME_PX, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("name", SAMPLE_HEADS)
def test_heads_lie_in_their_photos(name: str) -> None:
    with Image.open(SAMPLES_DIR / name) as photo:
        width, height = photo.size
    assert all(0 < head.x_px < width and 0 < head.y_px < height for head in SAMPLE_HEADS[name])


@pytest.mark.parametrize(("left", "touches"), [(0, False), (1, True), (500, True), (701, False)])
def test_a_part_touches_a_head_when_it_shows_some_of_its_square(left: int, touches: bool) -> None:
    head = Head(x_px=600, y_px=300, reach_px=100)
    assert Crop(0, left, top=250, width=500, height=281).touches(head) is touches
