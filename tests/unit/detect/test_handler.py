"""Every photo gives exactly one result, whatever is in it."""

import pytest
from facetally.v1.face_pb2 import FacesDetected, PhotoOutcome
from facetally.v1.photo_pb2 import Photo, PhotoStored

from services.common.errors import PermanentError, TransientError
from services.detect.handler import DetectFaces
from tests.fakes.face_detector import FakeFaceDetector
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher

PHOTO = Photo(photo_id="ab" * 16, region_id="north", shop_id="shop-1", camera_id="cam-1", object_key="photos/1.jpg")


async def look(
    content: bytes, storage: FakePhotoStorage | None = None, publisher: FakePublisher | None = None
) -> FacesDetected:
    storage = storage or FakePhotoStorage()
    storage.photos.setdefault(PHOTO.object_key, content)
    publisher = publisher or FakePublisher()
    detect = DetectFaces(storage, FakeFaceDetector(), publisher, min_face_px=200, max_faces=3)
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
    detect = DetectFaces(FakePhotoStorage(), FakeFaceDetector(), FakePublisher(), min_face_px=200, max_faces=3)
    with pytest.raises(PermanentError):
        await detect(PhotoStored(photo=PHOTO))


async def test_a_store_or_a_stream_that_is_away_is_tried_again() -> None:
    with pytest.raises(TransientError):
        await look(b"JPEG", storage=FakePhotoStorage(failures=1))
    with pytest.raises(TransientError):
        await look(b"JPEG", publisher=FakePublisher(failures=1))


async def test_a_message_without_a_shop_is_hopeless() -> None:
    detect = DetectFaces(FakePhotoStorage(), FakeFaceDetector(), FakePublisher(), min_face_px=200, max_faces=3)
    with pytest.raises(PermanentError):
        await detect(PhotoStored())
