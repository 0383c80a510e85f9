"""The page on which a photo is tried out, over fakes."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.report.handler import CheckCamera, ReadTally
from services.report.pages.app import make_app
from services.report.pages.camera_check import MAX_PHOTO_BYTES, CameraCheckPage, CameraSettings
from tests.fakes.examiner import FakeExaminer
from tests.fakes.tally_reader import FakeTallyReader

DAHUA = "3J07C6FPAU00272/2026-11-24/001/jpg/09/50/04[M][0@0][0].jpg"


@pytest.fixture
def examiner() -> FakeExaminer:
    return FakeExaminer()


@pytest.fixture
def reader() -> FakeTallyReader:
    return FakeTallyReader()


@pytest.fixture
async def client(examiner: FakeExaminer, reader: FakeTallyReader) -> AsyncIterator[httpx.AsyncClient]:
    check_page = CameraCheckPage(CheckCamera(examiner, reader), CameraSettings("ftp.example.com", 2121, 990, True))
    transport = httpx.ASGITransport(make_app(ReadTally(reader), check_page, ["localhost"]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
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


async def test_a_registered_camera_is_named(client: httpx.AsyncClient, reader: FakeTallyReader, photo: bytes) -> None:
    reader.called["3j07c6fpau00272"] = "berlin-1-exit"
    assert "berlin-1-exit, as registered" in (await post(client, photo, path=DAHUA, shared="yes")).text


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
    assert "larger than 8 MB" in answer.text
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
