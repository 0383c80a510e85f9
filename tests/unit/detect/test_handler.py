"""Every photo gives exactly one result, whatever is in it; every question an answer, or a reason why not."""

import pytest
from facetally.v1.face_pb2 import FacesDetected, PhotoOutcome
from facetally.v1.photo_pb2 import Photo, PhotoStored
from facetally.v1.question_pb2 import LookRequest, PhotoLooked

from services.common.errors import BadInputError, PermanentError, TransientError
from services.detect.domain import MOST_TOLD, Look
from services.detect.handler import DetectFaces, ExaminePhoto, LookAtPhoto
from tests.fakes.face_detector import FakeFaceDetector
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher

PHOTO = Photo(photo_id="ab" * 16, region_id="north", shop_id="shop-1", camera_id="cam-1", object_key="photos/1.jpg")

LOOK, CLOSE_UP = Look(200, 100_000_000), Look(80, 25_000_000)


async def look(
    content: bytes, storage: FakePhotoStorage | None = None, publisher: FakePublisher | None = None
) -> FacesDetected:
    storage = storage or FakePhotoStorage()
    storage.photos.setdefault(PHOTO.object_key, content)
    publisher = publisher or FakePublisher()
    detect = DetectFaces(storage, FakeFaceDetector(), publisher, LOOK, max_faces=3)
    await detect(PhotoStored(photo=PHOTO))
    ((subject, result),) = publisher.published.values()
    assert subject == "faces.north.shop-1"
    assert list(publisher.published) == [PHOTO.photo_id]
    assert isinstance(result, FacesDetected)
    assert result.photo == PHOTO
    return result


@pytest.mark.parametrize(
    ("content", "outcome", "widths", "too_small"),
    [
        (b"JPEG 220 300", PhotoOutcome.PHOTO_OUTCOME_FACES, [300, 220], 0),
        (b"JPEG 220 120", PhotoOutcome.PHOTO_OUTCOME_FACES, [220], 1),
        (b"JPEG 150", PhotoOutcome.PHOTO_OUTCOME_FACES, [150], 0),
        (b"JPEG 149", PhotoOutcome.PHOTO_OUTCOME_FACE_TOO_SMALL, [], 1),
        (b"JPEG", PhotoOutcome.PHOTO_OUTCOME_NO_FACE, [], 0),
        (b"PNG", PhotoOutcome.PHOTO_OUTCOME_UNREADABLE, [], 0),
        (b"JPEG 210 220 230 240", PhotoOutcome.PHOTO_OUTCOME_FACES, [240, 230, 220], 0),
    ],
)
async def test_a_photos_faces_decide_its_outcome(
    content: bytes, outcome: PhotoOutcome, widths: list[int], too_small: int
) -> None:
    result = await look(content)
    assert result.outcome == outcome
    assert [face.box.width for face in result.faces] == widths
    assert result.too_small_count == too_small


async def test_the_distance_of_the_eyes_is_that_of_their_centres() -> None:
    assert (await look(b"JPEG 220")).faces[0].eye_distance_px == 50


async def test_a_photo_that_is_not_in_the_store_is_hopeless() -> None:
    detect = DetectFaces(FakePhotoStorage(), FakeFaceDetector(), FakePublisher(), LOOK, max_faces=3)
    with pytest.raises(PermanentError):
        await detect(PhotoStored(photo=PHOTO))


async def test_a_store_or_a_stream_that_is_away_is_tried_again() -> None:
    with pytest.raises(TransientError):
        await look(b"JPEG", storage=FakePhotoStorage(failures=1))
    with pytest.raises(TransientError):
        await look(b"JPEG", publisher=FakePublisher(failures=1))


async def test_a_message_without_a_shop_is_hopeless() -> None:
    detect = DetectFaces(FakePhotoStorage(), FakeFaceDetector(), FakePublisher(), LOOK, max_faces=3)
    with pytest.raises(PermanentError):
        await detect(PhotoStored())


async def shrunk(photo: bytes) -> bytes:
    return b"small " + photo


@pytest.mark.parametrize(
    ("content", "widths", "looks"),
    [(b"JPEG 220 90", [220], 1), (b"JPEG 110 90", [110, 90], 2), (b"JPEG", [], 2)],
    ids=["one counts", "all are too small", "nobody"],
)
async def test_who_tries_out_a_photo_is_told_of_small_faces_where_none_counts(
    content: bytes, widths: list[int], looks: int
) -> None:
    detector = FakeFaceDetector()
    examined = await ExaminePhoto(detector, LOOK, CLOSE_UP, shrunk)(content)
    assert [face.box.width for face in examined.faces] == widths
    assert (examined.min_face_px, examined.detector_version) == (200, "fake-200px")
    assert detector.urgent == [True] * looks


async def test_a_photo_that_is_too_large_for_a_close_up_is_told_of_as_it_was_seen() -> None:
    examine_photo = ExaminePhoto(FakeFaceDetector(), LOOK, Look(80, 1_000_000), shrunk)
    assert [face.box.width for face in (await examine_photo(b"JPEG 110 90")).faces] == [110]


async def asked(
    photo: bytes, min_face_px: int, *, chips: bool = False, noise: bool = False, max_pixels: int = 100_000_000
) -> PhotoLooked:
    question = LookRequest(photo=photo, min_face_px=min_face_px, with_chips=chips, with_noise=noise)
    return await LookAtPhoto(FakeFaceDetector(), max_pixels=max_pixels)(question)


@pytest.mark.parametrize("photo", [b"JPEG 40 300 120", b"PNG 40 300 120"])
async def test_who_asks_is_told_of_all_faces_the_largest_first(photo: bytes) -> None:
    looked = await asked(photo, 36)
    assert [face.box.width for face in looked.faces] == [300, 120, 40]
    assert (looked.width_px, looked.height_px, looked.detector_version) == (1920, 1080, "fake-36px")
    (first, *_) = looked.faces
    assert (first.centre.x, first.centre.y, first.roll_deg) == (30, 20, 5)
    assert first.size_px == pytest.approx(300 / 1.4)
    assert (first.sharpness, first.brightness, len(first.points)) == (0.5, 120, 5)


async def test_an_answer_holds_a_hundred_faces_at_most() -> None:
    looked = await asked(b"JPEG " + b" ".join(b"%d" % width for width in range(100, 205)), 36)
    assert [face.box.width for face in looked.faces] == list(range(204, 204 - MOST_TOLD, -1))


@pytest.mark.parametrize("chips", [False, True])
@pytest.mark.parametrize("noise", [False, True])
async def test_chips_and_noise_are_told_where_they_are_asked_for(chips: bool, noise: bool) -> None:
    (face,) = (await asked(b"JPEG 300", 36, chips=chips, noise=noise)).faces
    assert bool(face.chip_rgb) is chips
    assert face.HasField("noise") is noise


@pytest.mark.parametrize(
    ("photo", "min_face_px", "max_pixels", "reason"),
    [
        (b"JPEG", 35, 100_000_000, "bad_question"),
        (b"JPEG", 0, 100_000_000, "bad_question"),
        (b"JPEG", 1001, 100_000_000, "bad_question"),
        (b"text", 36, 100_000_000, "unreadable"),
        (b"JPEG", 36, 1_000_000, "too_many_pixels"),
    ],
)
async def test_who_asks_what_cannot_be_answered_is_told_why(
    photo: bytes, min_face_px: int, max_pixels: int, reason: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        await asked(photo, min_face_px, max_pixels=max_pixels)
    assert refused.value.reason == reason


@pytest.mark.parametrize("min_face_px", [36, 1000])
async def test_the_smallest_and_the_largest_face_may_be_asked_for(min_face_px: int) -> None:
    assert (await asked(b"JPEG 2000", min_face_px)).faces


async def test_a_question_goes_before_the_cameras_photos() -> None:
    detector = FakeFaceDetector()
    await LookAtPhoto(detector, max_pixels=100_000_000)(LookRequest(photo=b"JPEG", min_face_px=36))
    storage = FakePhotoStorage()
    storage.photos[PHOTO.object_key] = b"JPEG"
    await DetectFaces(storage, detector, FakePublisher(), LOOK, max_faces=3)(PhotoStored(photo=PHOTO))
    assert detector.urgent == [True, False]
