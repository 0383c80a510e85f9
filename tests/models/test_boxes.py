"""Where faces are: the ways to look for them, and how they share the work."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.boxes import CNN_FACE_PX, HOG_FACE_PX, CascadeBoxes, Method, load_boxes
from models.predict.finder import FaceFinder, Photo
from models.preprocess import CHIP_SIZE_PX, FACE_SIZE_PX
from models.pyramid import Found
from tests.models.faces import decoded

FACES = {"photo-04.jpg": 3, "photo-06.jpg": 4, "photo-10.jpg": 1, "no-face.jpg": 0}
# Steps of brightness, on average, by which a chip is off one that was cut from another size of the photo.
SAME_CHIP = 4.0


class Told:
    """A detector that says what it was told to, photo by photo, and notes at which scales it looked."""

    version = "told"
    face_px = HOG_FACE_PX

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


@pytest.mark.parametrize("method", list(Method))
def test_a_photo_is_enlarged_where_its_smallest_face_is_smaller_than_what_is_looked_for(
    demo_photos: Path, method: Method
) -> None:
    finder = FaceFinder.load(method)
    photo = decoded(demo_photos / "photo-10.jpg", 8)  # its face is 74 pixels wide there
    small = np.asarray(cv2.resize(photo.rgb, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)
    for min_face_px, faces in ((200, 0), (36, 1)):
        assert len(finder.boxes([Photo(small, small.shape[:2], min_face_px)])[0]) == faces


def test_no_photo_is_looked_at_more_closely_than_for_faces_of_36_pixels() -> None:
    detector = Told([], [], [])
    detector.face_px = CNN_FACE_PX
    finder = FaceFinder(detector)  # type: ignore[arg-type]
    rgb = np.zeros((540, 960, 3), np.uint8)
    finder.boxes([Photo(rgb, (540, 960), 36), Photo(rgb, (540, 960), 1), Photo(rgb, (1080, 1920), 200)])
    assert detector.scales == pytest.approx([CNN_FACE_PX / 36, CNN_FACE_PX / 36, 2 * CNN_FACE_PX / 200])


@pytest.mark.parametrize("factor", [1, 2])
def test_a_chip_lies_in_the_full_size_photo_where_it_is_said_to(demo_photos: Path, factor: int) -> None:
    """By centre, size and roll alone, the chip can be cut again."""
    photo = decoded(demo_photos / "photo-04.jpg", factor)
    full = decoded(demo_photos / "photo-04.jpg", 1).rgb
    (faces,) = FaceFinder.load().find_all([photo])
    assert faces
    for face in faces:
        turn = face.size_px / FACE_SIZE_PX * np.exp(1j * np.radians(face.roll_deg))
        start = complex(*face.centre) - turn * (CHIP_SIZE_PX - 1) / 2 * (1 + 1j)
        matrix = np.array([[turn.real, -turn.imag, start.real], [turn.imag, turn.real, start.imag]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        again = cv2.warpAffine(cv2.blur(full, (3, 3)), matrix, (CHIP_SIZE_PX, CHIP_SIZE_PX), flags=flags)
        assert abs(again.astype(int) - face.chip).mean() < SAME_CHIP


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
