"""226 means kept: in the store first, then announced, then said."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from facetally.v1.photo_pb2 import PhotoRejected, PhotoStored, RejectionReason, TimeSource
from PIL import Image

from services.common.errors import TransientError
from services.common.ids import CameraId, photo_id
from services.common.logging import configure_logging
from services.ingest.domain import Camera, Login, Outcome, Result, Upload
from services.ingest.handler import KeepPhoto
from tests.fakes.held_photos import FakeHeldPhotos
from tests.fakes.logins import camera, login, shop
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher

CAMERA = CameraId("cam-1")
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def photo(number: int = 0, exif: Image.Exif | None = None) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, "JPEG", **({"exif": exif} if exif is not None else {}))
    return buffer.getvalue() + bytes([number])


class Bench:
    """A handler on fakes."""

    def __init__(self) -> None:
        self.storage = FakePhotoStorage()
        self.publisher = FakePublisher()
        self.now = NOW
        self.held = FakeHeldPhotos()
        self.keep = KeepPhoto(self.storage, self.publisher, self.held, lambda: self.now, max_pixels=2000)
        self.login = login(CAMERA, "secret", camera(CAMERA))

    def own(self, *, opening_hours: str = "", **camera_options: object) -> Login:
        own: Camera = camera(CAMERA, **camera_options)  # type: ignore[arg-type]
        self.login = login(CAMERA, "secret", own, where=shop(opening_hours))
        return self.login

    async def send(self, content: bytes, path: str = "/photo.jpg", refused: Outcome | None = None) -> Result:
        return await self.keep(self.login, Upload(path, bytearray(content), refused))

    async def upload(self, content: bytes, path: str = "/photo.jpg", refused: Outcome | None = None) -> Outcome:
        return (await self.send(content, path, refused)).outcome

    @property
    def announced(self) -> list[PhotoStored]:
        return [m for _, m in self.publisher.published.values() if isinstance(m, PhotoStored)]

    @property
    def rejected(self) -> list[PhotoRejected]:
        return [m for _, m in self.publisher.published.values() if isinstance(m, PhotoRejected)]


async def test_a_photo_is_stored_and_announced_under_one_name() -> None:
    bench = Bench()
    assert await bench.upload(photo()) == Outcome.KEPT
    name = photo_id(CAMERA, photo())
    ((subject, message),) = bench.publisher.published.values()
    assert subject == "photos.north.shop-1"
    assert isinstance(message, PhotoStored)
    assert message.photo.photo_id == name
    assert bench.storage.photos == {message.photo.object_key: photo()}
    assert message.photo.captured_at.ToDatetime(UTC) == NOW
    assert message.photo.size_bytes == len(photo())


async def test_nothing_is_announced_that_is_not_stored() -> None:
    bench = Bench()
    bench.storage.failures = 1
    assert await bench.upload(photo()) == Outcome.AWAY
    assert bench.publisher.published == {}


async def test_a_photo_that_cannot_be_announced_is_not_said_to_be_kept_and_the_second_try_is_the_same_photo() -> None:
    bench = Bench()
    bench.publisher.failures = 1
    assert await bench.upload(photo()) == Outcome.AWAY
    assert await bench.upload(photo()) == Outcome.KEPT
    assert await bench.upload(photo()) == Outcome.KEPT
    assert len(bench.publisher.published) == 1


@pytest.mark.parametrize(
    ("content", "refused", "outcome", "reason"),
    [
        (b"", None, Outcome.EMPTY, RejectionReason.REJECTION_REASON_EMPTY),
        (b"hello", None, Outcome.NOT_JPEG, RejectionReason.REJECTION_REASON_NOT_JPEG),
        (photo()[:-3], None, Outcome.TRUNCATED, RejectionReason.REJECTION_REASON_TRUNCATED),
        (photo(), Outcome.TOO_LARGE, Outcome.TOO_LARGE, RejectionReason.REJECTION_REASON_TOO_LARGE),
    ],
)
async def test_a_refused_upload_is_counted_and_nothing_of_it_is_kept(
    content: bytes, refused: Outcome | None, outcome: Outcome, reason: RejectionReason
) -> None:
    bench = Bench()
    assert await bench.upload(content, refused=refused) == outcome
    assert bench.storage.photos == {}
    ((subject, message),) = bench.publisher.published.values()
    assert subject == "rejections.north.shop-1"
    assert isinstance(message, PhotoRejected)
    assert message.reason == reason
    assert message.camera_id == "cam-1"


async def test_a_refusal_that_cannot_be_counted_is_a_refusal_all_the_same() -> None:
    bench = Bench()
    bench.publisher.failures = 1
    assert await bench.upload(b"hello") == Outcome.NOT_JPEG


async def test_a_photo_of_too_many_pixels_is_refused() -> None:
    bench = Bench()
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40)).save(buffer, "JPEG")
    assert await bench.upload(buffer.getvalue()) == Outcome.TOO_MANY_PIXELS


async def test_what_names_itself_no_photo_is_accepted_and_counted_each_time() -> None:
    bench = Bench()
    assert await bench.upload(b"", "/DVRWorkDirectory") == Outcome.NOT_PHOTO
    bench.now += timedelta(hours=1)
    assert await bench.upload(photo(), "/test-101501.jpg") == Outcome.NOT_PHOTO
    assert bench.storage.photos == {}
    assert [rejected.reason for rejected in bench.rejected] == [RejectionReason.REJECTION_REASON_NOT_PHOTO] * 2


async def test_a_photo_is_dated_by_its_name_in_the_shops_zone() -> None:
    bench = Bench()
    assert await bench.upload(photo(), "/K3TA_00_20220307125217.jpg") == Outcome.KEPT
    (stored,) = bench.announced
    assert stored.photo.captured_at.ToDatetime() == datetime(2022, 3, 7, 11, 52, 17)
    assert stored.photo.stamped_at == stored.photo.captured_at
    assert stored.photo.time_source == TimeSource.TIME_SOURCE_PATH
    assert "/2022/03/07/cam-1/115217000-" in stored.photo.object_key


async def test_photos_of_staff_are_accepted_and_not_kept() -> None:
    bench = Bench()
    bench.own(opening_hours="Mo-Sa 08:00-20:00")
    assert await bench.upload(photo()) == Outcome.KEPT  # NOW is a Friday, 14:00 in Berlin
    assert await bench.upload(photo(1), "/K3TA_00_20260430205959.jpg") == Outcome.OUTSIDE_HOURS
    bench.now = NOW.replace(hour=20)
    assert await bench.upload(photo(2)) == Outcome.OUTSIDE_HOURS
    assert len(bench.storage.photos) == 1
    assert bench.publisher.subjects == ["photos.north.shop-1"] + ["rejections.north.shop-1"] * 2


async def test_of_a_burst_one_photo_is_kept_and_the_next_burst_is_another() -> None:
    bench = Bench()
    bench.own(burst_window_s=5)
    names = [f"/K3TA_00_202605011359{second:02}.jpg" for second in (0, 2, 5, 6, 11, 12)]
    outcomes = [await bench.upload(photo(i), name) for i, name in enumerate(names)]
    assert outcomes == [Outcome.KEPT, Outcome.BURST, Outcome.BURST, Outcome.KEPT, Outcome.BURST, Outcome.KEPT]
    assert await bench.upload(photo(5), names[5]) == Outcome.KEPT, "the same photo again is no burst"


async def test_photos_of_a_burst_that_come_at_once_are_one() -> None:
    bench = Bench()
    bench.own(burst_window_s=5)
    outcomes = await asyncio.gather(*(bench.upload(photo(i)) for i in range(6)))
    assert sorted(outcomes) == [Outcome.BURST] * 5 + [Outcome.KEPT]


async def test_when_a_bursts_first_photo_cannot_be_kept_the_next_one_is() -> None:
    bench = Bench()
    bench.own(burst_window_s=5)
    bench.storage.failures = 1
    assert await bench.upload(photo(0)) == Outcome.AWAY
    assert await bench.upload(photo(1)) == Outcome.KEPT


async def test_the_triggers_photo_is_the_one_that_is_kept() -> None:
    bench = Bench()
    bench.own(burst_window_s=5)
    names = ["1_pre", "4_trg", "5_pos"]
    outcomes = [await bench.upload(photo(i), f"/x_20260501135900_{name}.jpg") for i, name in enumerate(names)]
    assert outcomes == [Outcome.BURST, Outcome.KEPT, Outcome.BURST]
    bench.own()
    assert await bench.upload(photo(9), "/x_20260501135800_1_pre.jpg") == Outcome.KEPT, "without a window all are kept"


async def test_a_face_cut_out_of_a_picture_is_not_counted_twice() -> None:
    bench = Bench()
    folder = "/SERIAL1/2026-05-01/001/jpg/13/59/04[M][0@0]"
    assert await bench.upload(photo(0), f"{folder}[0].jpg") == Outcome.KEPT
    assert await bench.upload(photo(1), f"{folder}[1].jpg") == Outcome.BURST


async def test_a_shared_logins_photos_are_their_cameras_and_a_disabled_ones_are_refused() -> None:
    bench = Bench()
    bench.login = login("shop-1", "s", camera("shop-1"), camera("door", "SN-1"), camera("till", disabled=True))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA431] = "SN-1"
    assert await bench.upload(photo(0), "/door/1.jpg") == Outcome.KEPT
    assert await bench.upload(photo(1), "/till/1.jpg") == Outcome.DISABLED
    assert await bench.upload(photo(2), "/1.jpg") == Outcome.KEPT
    assert await bench.upload(photo(3, exif), "/1.jpg") == Outcome.KEPT
    assert [stored.photo.camera_id for stored in bench.announced] == ["door", "shop-1", "door"]


async def test_a_photo_under_a_temporary_name_is_announced_when_it_is_renamed() -> None:
    bench = Bench()
    result = await bench.send(photo(), "/photo.tmp")
    assert result.outcome == Outcome.HELD
    assert result.held
    assert bench.announced == []
    assert list(bench.storage.photos.values()) == [photo()]
    assert await bench.keep.rename(bench.login, result.held, "/K3TA_00_20220307125217.jpg") == Outcome.KEPT
    (stored,) = bench.announced
    assert stored.photo.captured_at.ToDatetime() == datetime(2022, 3, 7, 11, 52, 17)
    assert stored.photo.object_key in bench.storage.photos
    bench.now += timedelta(minutes=5)
    assert await bench.keep.announce_overdue() == 0


async def test_a_photo_that_is_never_renamed_is_announced_all_the_same() -> None:
    bench = Bench()
    await bench.send(photo(), "/photo.tmp")
    assert await bench.keep.announce_overdue() == 0
    bench.now += timedelta(minutes=2)
    bench.publisher.failures = 1
    with pytest.raises(TransientError):
        await bench.keep.announce_overdue()
    assert await bench.keep.announce_overdue() == 1
    assert await bench.keep.announce_overdue() == 0
    (stored,) = bench.announced
    assert stored.photo.captured_at.ToDatetime(UTC) == NOW


async def test_a_photo_that_is_sent_again_opens_no_new_burst() -> None:
    bench = Bench()
    bench.own(burst_window_s=10)
    names = ["/K3TA_00_20260501130000.jpg", "/K3TA_00_20260501130140.jpg", "/K3TA_00_20260501130000.jpg"]
    for number, name in zip((0, 1, 0), names, strict=True):
        assert await bench.upload(photo(number), name) == Outcome.KEPT
    assert await bench.upload(photo(2), "/K3TA_00_20260501130141.jpg") == Outcome.BURST


async def test_of_a_burst_that_is_never_renamed_one_is_announced() -> None:
    bench = Bench()
    bench.own(burst_window_s=10)
    for number in range(3):
        assert (await bench.send(photo(number), f"/{number}.tmp")).held
    bench.now += timedelta(minutes=2)
    assert await bench.keep.announce_overdue() == 3
    assert len(bench.announced) == 1
    assert [rejected.reason for rejected in bench.rejected] == [RejectionReason.REJECTION_REASON_BURST] * 2


async def test_exif_counts_whatever_a_temporary_name_looks_like() -> None:
    bench = Bench()
    exif = Image.Exif()
    exif[0x0132] = "2026:04:30 10:59:59"
    held = (await bench.send(photo(0, exif), "/tmp_00_20220307125217.jpg")).held
    assert held
    assert await bench.keep.rename(bench.login, held, "/image.jpg") == Outcome.KEPT
    assert bench.announced[0].photo.captured_at.ToDatetime() == datetime(2026, 4, 30, 8, 59, 59)


@pytest.mark.parametrize("year", [2150, 9999])
async def test_a_year_that_cannot_be_counts_as_none(year: int) -> None:
    bench = Bench()
    assert await bench.upload(photo(), f"/K3TA_00_{year}1231235959.jpg") == Outcome.KEPT
    assert bench.announced[0].photo.captured_at.ToDatetime(UTC) == NOW


async def test_of_a_closed_shop_nothing_is_announced_that_was_never_renamed() -> None:
    bench = Bench()
    bench.own(opening_hours="Mo-Sa 08:00-09:00")
    assert (await bench.send(photo(), "/photo.tmp")).held
    bench.now += timedelta(minutes=2)
    assert await bench.keep.announce_overdue() == 1
    assert bench.announced == []
    assert [rejected.reason for rejected in bench.rejected] == [RejectionReason.REJECTION_REASON_OUTSIDE_HOURS]


async def test_of_a_closed_shop_nothing_is_held_that_says_its_time_itself() -> None:
    bench = Bench()
    bench.own(opening_hours="Mo-Sa 08:00-20:00")
    exif = Image.Exif()
    exif[0x0132] = "2026:04:30 20:59:59"
    assert (await bench.send(photo(0, exif), "/photo.tmp")).outcome == Outcome.OUTSIDE_HOURS
    assert bench.storage.photos == {}


@pytest.mark.parametrize("away", ["store", "stream"])
async def test_a_photo_that_cannot_be_held_is_not_said_to_be(away: str) -> None:
    bench = Bench()
    if away == "store":
        bench.storage.failures = 1
    else:
        bench.held.failures = 1
    assert await bench.send(photo(), "/photo.tmp") == Result(Outcome.AWAY)


async def test_a_rename_follows_the_same_rules() -> None:
    bench = Bench()
    bench.own(opening_hours="Mo-Sa 08:00-20:00")
    held = (await bench.send(photo(), "/photo.tmp")).held
    assert held
    assert await bench.keep.rename(bench.login, held, "/K3TA_00_20260430205959.jpg") == Outcome.OUTSIDE_HOURS
    assert bench.announced == []
    assert bench.held.photos == {}


async def test_a_rename_while_nats_is_away_is_not_confirmed_and_loses_nothing() -> None:
    bench = Bench()
    held = (await bench.send(photo(), "/photo.tmp")).held
    assert held
    bench.publisher.failures = 1
    assert await bench.keep.rename(bench.login, held, "/final.jpg") == Outcome.AWAY
    bench.now += timedelta(minutes=2)
    assert await bench.keep.announce_overdue() == 1


async def test_a_wrong_clock_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ingest", "json", "info")
    bench = Bench()
    for i, name in enumerate(["20260501135700", "20260501135701", "20260501140000"]):
        await bench.upload(photo(i), f"/K3TA_00_{name}.jpg")
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["camera_clock_wrong", "camera_clock_right"]
