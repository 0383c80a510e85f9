"""Where faces are: the ways to look for them, and how they share the work."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.boxes import CNN_FACE_PX, HOG_FACE_PX, CascadeBoxes, Method, load_boxes
from models.predict.finder import FaceFinder, Photo
from models.pyramid import Found
from tests.models.faces import decoded

FACES = {"photo-04.jpg": 3, "photo-06.jpg": 4, "photo-10.jpg": 1, "no-face.jpg": 0}


class Told:
    """A detector that says what it was told to, photo by photo, and notes at which scales it looked."""

    version = "told"

    def __init__(self, *answers: list[Found]) -> None:
        self.answers = list(answers)
        self.scales: list[float] = []

    def __call__(self, photos: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[list[Found]]:
        self.scales += scales
        return [self.answers.pop(0) for _ in photos]


def face(score: float) -> Found:
    return Found(10, 10, 80, 80, score)


SURE, UNSURE = [face(2.0), face(1.0)], [face(2.0), face(0.05)]


@pytest.mark.parametrize(
    ("hog_says", "cnn_says", "found"),
    [
        (SURE, None, SURE),
        ([], [face(1.0)], [face(1.0)]),
        ([], [], []),
        (UNSURE, [face(1.0)], [face(1.0)]),
        (UNSURE, [], UNSURE),
    ],
    ids=["sure", "nothing", "nothing twice", "unsure", "unsure, and then nothing"],
)
def test_a_cascade_asks_the_cnn_where_hog_is_not_sure_of_all(
    hog_says: list[Found], cnn_says: list[Found] | None, found: list[Found]
) -> None:
    hog, cnn = Told(hog_says, SURE), Told(*([cnn_says] if cnn_says is not None else []))
    cascade = CascadeBoxes(hog, cnn)  # type: ignore[arg-type]
    photo = np.zeros((100, 100, 3), np.uint8)
    assert cascade([photo, photo], [0.5, 0.25]) == [found, SURE]
    assert hog.scales == [0.5, 0.25]
    # Each looks as closely as it needs to.
    closer = 0.5 * CNN_FACE_PX / HOG_FACE_PX
    assert cnn.scales == ([] if cnn_says is None else [pytest.approx(closer)])


@pytest.mark.parametrize("method", list(Method))
def test_every_method_finds_people_who_look_into_the_camera(demo_photos: Path, method: Method) -> None:
    finder = FaceFinder.load(method)
    for name, faces in FACES.items():
        assert len(finder.find_all([decoded(demo_photos / name)])[0]) == faces
    assert finder.version == load_boxes(method, 0.0).version


@pytest.mark.parametrize("method", list(Method))
def test_photos_of_several_sizes_together_give_what_each_gives_alone(demo_photos: Path, method: Method) -> None:
    finder = FaceFinder.load(method)
    photos = [decoded(demo_photos / name, factor) for name in FACES for factor in (1, 2)]
    photos.insert(3, Photo(np.ascontiguousarray(photos[0].rgb[:, ::-1][:, :1000]), (1080, 1000)))
    photos.append(photos[0])
    together = finder.boxes(photos)
    for photo, boxes in zip(photos, together, strict=True):
        (alone,) = finder.boxes([photo])
        np.testing.assert_allclose(np.reshape(boxes, (-1, 5)), np.reshape(alone, (-1, 5)), atol=1e-4)
    assert together[-1] == together[0]


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (8, 8), (40, 60)])
def test_a_photo_too_small_for_a_face_has_none(method: Method, size: tuple[int, int]) -> None:
    boxes = load_boxes(method, 0.0)
    assert boxes([np.full((*size, 3), 127, np.uint8)], [1.0]) == [[]]


@pytest.mark.parametrize("method", [Method.HOG, Method.CNN])
def test_boxes_are_in_pixels_of_the_photo_whatever_the_scale_that_they_were_found_at(
    demo_photos: Path, method: Method
) -> None:
    """Sizes are looked at in steps: a box may be one too large, and lies around the same point."""
    boxes = load_boxes(method, 0.0)
    photo = decoded(demo_photos / "photo-10.jpg")
    ((one,), (other,)) = (boxes([photo.rgb], [scale])[0] for scale in (0.5, 0.37))
    assert 0.6 < one.width / other.width < 1.6
    assert one.left + one.width / 2 == pytest.approx(other.left + other.width / 2, abs=0.2 * one.width)
    assert one.top + one.height / 2 == pytest.approx(other.top + other.height / 2, abs=0.2 * one.width)
