"""The page on which a photo is tried out, over fakes."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.report.domain.places import Level
from services.report.pages.camera_check import MAX_PHOTO_BYTES, CameraSettings
from tests.fakes.examiner import FakeExaminer
from tests.fakes.report_site import FakeSite

DAHUA = "3J07C6FPAU00272/2026-11-24/001/jpg/09/50/04[M][0@0][0].jpg"


@pytest.fixture
def examiner() -> FakeExaminer:
    return FakeExaminer()


@pytest.fixture
def site(examiner: FakeExaminer) -> FakeSite:
    return FakeSite(examiner=examiner, camera_settings=CameraSettings("ftp.example.com", 2121, 990, True))


@pytest.fixture
async def client(site: FakeSite) -> AsyncIterator[httpx.AsyncClient]:
    opened, viewer = await site.browser()
    async with opened:
        opened.headers["X-CSRF-Token"] = viewer.csrf
        yield opened


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "photo-01.jpg").read_bytes()


async def post(client: httpx.AsyncClient, content: bytes, name: str = "photo.jpg", **fields: str) -> httpx.Response:
    return await client.post("/camera-check", files={"photo": (name, content)}, data=fields)


async def test_what_to_type_into_the_camera_is_there_before_any_photo(client: httpx.AsyncClient) -> None:
    page = (await client.get("/camera-check")).text
    for value in ("ftp.example.com", "2121", "990", "AUTH TLS"):
        assert value in page


async def test_a_photo_is_shown_with_its_faces_and_verdicts(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo, path=DAHUA)
    assert answer.status_code == 200
    assert "All 8 requirements met" in answer.text
    assert 'x="100" y="200" width="240" height="240"' in answer.text
    assert "data:image/jpeg;base64,c21hbGw=" in answer.text
    assert "3J07C6FPAU00272, in the name" in answer.text


async def test_a_registered_camera_is_named_to_whoever_may_see_it(
    client: httpx.AsyncClient, site: FakeSite, photo: bytes
) -> None:
    answer = await post(client, photo, path="berlin-mitte-cam/20261124095004.jpg", shared="yes")
    assert "berlin-mitte-cam, as registered" in answer.text
    other, viewer = await site.browser(access=((Level.CITY, "tokyo"),))
    other.headers["X-CSRF-Token"] = viewer.csrf
    hidden = await post(other, photo, path="berlin-mitte-cam/20261124095004.jpg", shared="yes")
    assert "as registered" not in hidden.text


async def test_who_shares_a_login_must_be_registered(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo, path=DAHUA, shared="yes")
    assert "3J07C6FPAU00272, in the name, not registered" in answer.text
    assert "7 of 8 requirements met" in answer.text


async def test_a_template_of_ones_own_can_be_tried(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo, path="2026/11/24/101501_cam-9.jpg", pattern="%Y/%m/%d/%H%M%S_{name}.jpg")
    assert "cam-9, in the name" in answer.text
    assert "2026-11-24 10:15:01, in the name" in answer.text
    refused = await post(client, photo, pattern="{nothing}.jpg")
    assert (refused.status_code, "means nothing" in refused.text) == (422, True)


async def test_what_cannot_be_printed_is_not_read(client: httpx.AsyncClient, photo: bytes) -> None:
    assert (await post(client, photo, path="a\0b/x.jpg")).status_code == 200


async def test_the_files_own_name_counts_where_no_other_is_given(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo, name="K3TA_00_20220307125217.jpg")
    assert "K3TA, in the name" in answer.text
    assert "2022-03-07 12:52:17, in the name" in answer.text


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 422, "This file is empty"),
        (b"no photo", 422, "not a JPEG photo"),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda", 422, "missing"),
    ],
)
async def test_what_is_no_photo_is_said_plainly(
    client: httpx.AsyncClient, examiner: FakeExaminer, content: bytes, status: int, says: str
) -> None:
    answer = await post(client, content)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert examiner.asked == []


async def test_a_photo_that_cannot_be_decoded_is_said_so(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo + b"unreadable")
    assert answer.status_code == 422
    assert "beyond repair" in answer.text


async def test_a_file_that_is_too_large_is_not_read(client: httpx.AsyncClient, examiner: FakeExaminer) -> None:
    answer = await post(client, b"\xff\xd8" + bytes(MAX_PHOTO_BYTES + 100_000))
    assert answer.status_code == 413
    assert "8 MB at most" in answer.text
    assert examiner.asked == []


async def test_no_answer_from_detect_is_not_the_photos_fault(
    client: httpx.AsyncClient, examiner: FakeExaminer, photo: bytes
) -> None:
    examiner.away = True
    answer = await post(client, photo)
    assert answer.status_code == 503
    assert "Nothing is wrong with your photo" in answer.text


async def test_names_are_text_and_never_markup(client: httpx.AsyncClient, photo: bytes) -> None:
    answer = await post(client, photo, path="<script>alert(1)</script>/x.jpg")
    assert "<script>alert" not in answer.text


async def test_what_is_no_form_is_refused(client: httpx.AsyncClient) -> None:
    broken = await client.post(
        "/camera-check", content=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code in (400, 422)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"--x"

    endless = await client.post("/camera-check", content=chunks())
    assert endless.status_code == 411
