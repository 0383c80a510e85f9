"""The detector on the demo's real photos."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import preprocess
from models.predict.finder import FaceFinder, five_point_model
from services.classify.domain import CHIP_SIDE_PX
from services.demo.domain import PHOTOS, DemoPhoto
from services.detect.adapters.face_detector import Asked, FaceDetector
from services.detect.domain import Look, SeenFace, Sighting, eye_distance_px, is_large_enough

LOOK = Look(200, 100_000_000)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(FaceFinder.load())


def seen(detector: FaceDetector, photo: bytes, look: Look = LOOK) -> Sighting:
    (sighting,) = detector.look([Asked(photo, look)])
    assert isinstance(sighting, Sighting)
    return sighting


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_every_face_that_should_count_is_found_and_no_other(
    detector: FaceDetector, demo_photos: Path, photo: DemoPhoto
) -> None:
    sighting = seen(detector, (demo_photos / photo.name).read_bytes())
    assert (sighting.width_px, sighting.height_px) == photo.frame_px
    assert sum(is_large_enough(face, 200) for face in sighting.faces) == photo.faces


def test_small_faces_are_seen_to_be_too_small_by_looking_more_closely(
    detector: FaceDetector, demo_photos: Path
) -> None:
    sighting = seen(detector, (demo_photos / "too-small.jpg").read_bytes(), Look(80, 100_000_000))
    assert len(sighting.faces) == 4
    assert not any(is_large_enough(face, 200) for face in sighting.faces)


@pytest.mark.parametrize(
    "turn",
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
    ids=["180", "90", "270"],
)
def test_a_turned_camera_sees_the_same_faces_in_the_same_places(
    detector: FaceDetector, demo_photos: Path, turn: tuple[int, Image.Transpose]
) -> None:
    photo = (demo_photos / "photo-04.jpg").read_bytes()
    exif = Image.Exif()
    exif[0x0112] = turn[0]
    buffer = io.BytesIO()
    Image.open(io.BytesIO(photo)).transpose(turn[1]).save(buffer, "JPEG", quality=95, exif=exif.tobytes())

    def boxes(jpeg: bytes) -> list[tuple[int, int, int]]:
        def measures(face: SeenFace) -> tuple[int, int, int]:
            return face.left_px, face.top_px, face.width_px

        return sorted(measures(face) for face in seen(detector, jpeg).faces)

    np.testing.assert_allclose(boxes(buffer.getvalue()), boxes(photo), atol=25)


def test_a_chip_shows_the_face_upright_and_in_its_own_colours(detector: FaceDetector, demo_photos: Path) -> None:
    (face,) = seen(detector, (demo_photos / "photo-10.jpg").read_bytes()).faces
    chip = np.frombuffer(face.chip_rgb, np.uint8).reshape(CHIP_SIDE_PX, CHIP_SIDE_PX, 3)
    middle = chip[50:80, 40:72].reshape(-1, 3).mean(0)
    assert middle[0] > middle[2] + 15, "skin is redder than it is blue"
    assert 0.3 * face.width_px < eye_distance_px(face.points) < 0.6 * face.width_px


def test_the_chip_that_detect_cuts_is_the_one_that_classify_takes() -> None:
    assert preprocess.CHIP_SIZE_PX == CHIP_SIDE_PX


def test_only_the_five_point_model_is_ever_opened() -> None:
    assert five_point_model().name == "shape_predictor_5_face_landmarks.dat"
    root = Path(__file__).parents[3]
    forbidden = "shape_predictor_68"
    here = Path(__file__)
    sources = [*root.glob("services/**/*.py"), *root.glob("models/**/*.py"), *root.glob("bench/*.py")]
    offenders = [path for path in sources if path != here and forbidden in path.read_text()]
    assert sources
    assert offenders == []
