import numpy as np
import pytest

from models.evaluation.backgrounds import Head
from models.evaluation.detection import UTK, WEB, heads_found, look
from models.evaluation.frames import Box, Condition, Photo
from models.evaluation.measurement import Results
from tests.models.evaluation.stand_ins import Face, FixedFinder, Quality

PHOTO = Photo(np.zeros((540, 960, 3), np.uint8), (1080, 1920))
BOX = Box(500, 300, 300, 300)
INSIDE = Face(510, 310, 280, 280)
BESIDE = Face(900, 310, 280, 280)
REJECTED = Face(520, 320, 260, 260, Quality("rejected"))


@pytest.mark.parametrize(
    ("faces", "found", "counted", "others", "others_counted"),
    [
        ([], False, False, 0, 0),
        ([INSIDE], True, True, 0, 0),
        ([INSIDE, BESIDE], True, True, 1, 1),
        ([BESIDE], False, False, 1, 1),
        ([INSIDE, REJECTED], True, True, 1, 0),
        ([REJECTED], True, False, 0, 0),
        ([INSIDE, Face(505, 305, 300, 300)], True, True, 1, 1),
    ],
)
def test_one_box_is_the_faces_and_the_others_are_too_many(
    faces: list[Face], found: bool, counted: bool, others: int, others_counted: int
) -> None:
    seen = look(FixedFinder(*faces), PHOTO, BOX)
    assert (seen.found, seen.counted, seen.others, seen.others_counted) == (found, counted, others, others_counted)


def test_every_box_in_a_frame_without_faces_is_too_many() -> None:
    seen = look(FixedFinder(INSIDE, REJECTED), PHOTO, None)
    assert (seen.found, seen.others, seen.others_counted) == (False, 2, 1)


def test_a_box_belongs_to_one_head_at_most() -> None:
    heads = (Head(600, 400, 200), Head(900, 400, 200))
    at_first, again, far = Face(500, 300, 200, 200), Face(520, 310, 180, 180), Face(1500, 300, 200, 200)
    samples = heads_found([at_first, again, far], heads)
    assert (samples.found, samples.heads, samples.others) == (1, 2, 2)


def test_every_face_is_looked_at_by_all_methods(results: Results) -> None:
    seen = results.detection
    assert seen.methods == ("hog", "cnn")
    assert len(seen.trials) == 14 + 4 * 3 + 5 * 3  # all plain web faces, and three of each other kind
    assert len(seen.face_free["cnn"]) == 4
    assert seen.recall("cnn", WEB).value == 1
    assert seen.recall("cnn", WEB).n == 14
    assert seen.recall("cnn", UTK, Condition.DARK).value == 1
    assert seen.recall("hog", WEB).value == 0
    assert seen.false_positives("hog").value == 0
    assert seen.samples["hog"].heads == 22
    assert seen.cpu_ms("cnn") > 0


def test_sizes_share_the_faces_among_them(results: Results) -> None:
    sizes = [(200, 340), (340, 501)]
    assert sum(results.detection.recall("cnn", WEB, widths_px=size).n for size in sizes) == 14
