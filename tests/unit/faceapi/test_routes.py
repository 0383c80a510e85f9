"""What is answered to what, without a network: detect and classify are fakes."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.common.errors import BadInputError, TransientError
from services.faceapi.domain.keys import ApiKey, digest
from services.faceapi.handler.admission import Admission
from services.faceapi.handler.ask_faces import AskFaces
from services.faceapi.routes import bodies
from services.faceapi.routes.app import make_app
from services.faceapi.routes.desk import MIN_FACE_HEADER, Desk
from tests.fakes.face_models import FakeModels

KEY = ApiKey("shop", digest("secret"), requests_per_second=1, burst=20, min_face_px=100, created_at=datetime.now(UTC))
PHOTO = b"a photo that nobody decodes ".ljust(2000, b".")
DETECT = "/face/v1.0/detect"
OCTETS = {"Content-Type": "application/octet-stream"}
COMPREFACE = "/api/v1/detection/detect"


class OneKey:
    def find(self, key: str) -> ApiKey | None:
        return KEY if key == "secret" else None


async def fetch(url: str) -> bytes:
    if "internal" in url:
        raise BadInputError("bad_url", "not an address that is fetched from")
    if "gone" in url:
        raise BadInputError("unreachable", "nothing comes from there")
    return PHOTO if "photo" in url else b"tiny"


def client(models: FakeModels, room: int = 4, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    app = make_app(Desk(Admission(OneKey(), room, lambda: 0.0), AskFaces(models), fetch))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = headers or {"Ocp-Apim-Subscription-Key": "secret"}
    return httpx.AsyncClient(transport=transport, base_url="http://faces", headers=headers)


def error(answer: httpx.Response) -> tuple[int, str, str]:
    detail = answer.json()["error"]
    return answer.status_code, detail["code"], detail["message"]


@pytest.mark.parametrize("version", ["v1.0", "v1.1-preview", "v1.1-preview.1", "v1.2-preview.1", "v1.2"])
async def test_all_of_azures_versions_are_answered(version: str) -> None:
    async with client(FakeModels()) as http:
        answer = await http.post(f"/face/{version}/detect", content=PHOTO, headers=OCTETS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["apim-request-id"]
    ids = [face["faceId"] for face in answer.json()]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    "path", ["/face/v2.0/detect", "/face/detect", "/face/v1.0/verify", "/face/v1.0x/detect", "/face/v1.0/detect/"]
)
async def test_what_is_not_there_is_not_found_in_azures_words(path: str) -> None:
    async with client(FakeModels()) as http:
        assert error(await http.post(path, content=PHOTO, headers=OCTETS)) == (404, "404", "Resource not found")


async def test_other_methods_are_not_allowed() -> None:
    async with client(FakeModels()) as http:
        answer = await http.get(DETECT)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_a_key_is_asked_for_before_anything_else_is_looked_at(key: str) -> None:
    models = FakeModels()
    async with client(models, headers={"Ocp-Apim-Subscription-Key": key}) as http:
        status, code, message = error(await http.post(f"{DETECT}?detectionModel=nonsense", content=b"x"))
        other = await http.post(COMPREFACE, content=b"x")
    assert (status, code) == (401, "401")
    assert message.startswith("Access denied due to invalid subscription key")
    assert (other.status_code, other.json()["code"]) == (401, 20)
    assert not models.looks


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("detectionModel=detection_09", "'detectionModel' is invalid."),
        ("recognitionModel=x", "'recognitionModel' is invalid."),
        ("returnFaceId=perhaps", "'returnFaceId' is invalid."),
        ("faceIdTimeToLive=59", "'faceIdTimeToLive' is invalid."),
        ("returnFaceAttributes=charm", "Invalid argument returnFaceAttributes."),
    ],
)
async def test_wrong_arguments_are_named(query: str, message: str) -> None:
    models = FakeModels()
    async with client(models) as http:
        answer = await http.post(f"{DETECT}?{query}", content=PHOTO, headers=OCTETS)
    assert error(answer) == (400, "BadArgument", message)
    assert not models.looks


async def test_attributes_come_with_commas_of_both_kinds_and_as_a_list() -> None:
    for query in (
        "returnFaceAttributes=age,smile",
        "returnFaceAttributes=age%2Csmile",
        "returnFaceAttributes=age&returnFaceAttributes=smile",
    ):
        async with client(FakeModels()) as http:
            answer = await http.post(f"{DETECT}?returnFaceId=false&{query}", content=PHOTO, headers=OCTETS)
        assert [set(face["faceAttributes"]) for face in answer.json()] == [{"age", "smile"}] * 2
        assert all("faceId" not in face for face in answer.json())


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"", "application/octet-stream", (400, "InvalidImageSize", "Image size is too small.")),
        (b"x" * 1023, "application/octet-stream", (400, "InvalidImageSize", "Image size is too small.")),
        (b"x" * ((6 << 20) + 1), "application/octet-stream", (400, "InvalidImageSize", "Image size is too big.")),
        (b"not json", "application/json", (400, "BadArgument", "JSON parsing error.")),
        (b"[" * 60_000, "application/json", (400, "BadArgument", "JSON parsing error.")),
        (b"[" * 70_000, "application/json", (400, "BadArgument", "Request body is invalid.")),
        (b"{}", "application/json", (400, "BadArgument", "Request body is invalid.")),
        (b'{"url": 7}', "application/json", (400, "BadArgument", "Request body is invalid.")),
        (b'["url"]', "application/json; charset=utf-8", (400, "BadArgument", "Request body is invalid.")),
        (b'{"url": "http://internal/"}', "application/json", (400, "InvalidURL", "Invalid image URL.")),
        (b'{"url": "http://tiny/"}', "application/json", (400, "InvalidImageSize", "Image size is too small.")),
    ],
)
async def test_bad_bodies_are_answered_in_azures_words(
    content: bytes, kind: str, expected: tuple[int, str, str]
) -> None:
    models = FakeModels()
    async with client(models) as http:
        assert error(await http.post(DETECT, content=content, headers={"Content-Type": kind})) == expected
    assert not models.looks


async def test_an_address_that_nothing_comes_from_says_so() -> None:
    async with client(FakeModels()) as http:
        status, code, message = error(await http.post(DETECT, json={"url": "http://gone/"}))
    assert (status, code) == (400, "InvalidURL")
    assert "error downloading" in message


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
async def test_other_kinds_of_bodies_are_not_supported(kind: str) -> None:
    async with client(FakeModels()) as http:
        answer = await http.post(DETECT, content=PHOTO, headers={"Content-Type": kind})
    assert error(answer)[:2] == (415, "UnsupportedMediaType")


async def test_a_photo_may_come_in_chunks_or_from_an_address() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(PHOTO), 300):
            yield PHOTO[start : start + 300]

    models = FakeModels()
    async with client(models) as http:
        assert (await http.post(DETECT, content=chunks(), headers=OCTETS)).status_code == 200
        assert (await http.post(DETECT, json={"url": "http://photo/"})).status_code == 200
    assert [look.photo for look in models.looks] == [PHOTO, PHOTO]


async def test_a_body_without_an_end_is_cut_off() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    async with client(FakeModels()) as http:
        assert error(await http.post(DETECT, content=endless(), headers=OCTETS))[1] == "InvalidImageSize"
    assert sent <= (6 << 20) + (2 << 16)


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_WITHIN_S", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    async with client(FakeModels()) as http:
        answer = await http.post(DETECT, content=slow(), headers=OCTETS)
    assert answer.status_code == 408


async def test_the_smallest_face_is_the_keys_or_the_requests() -> None:
    models = FakeModels()
    async with client(models) as http:
        await http.post(DETECT, content=PHOTO, headers=OCTETS)
        await http.post(DETECT, content=PHOTO, headers=OCTETS | {MIN_FACE_HEADER: "36"})
        for wrong in ("35", "1001", "small"):
            answer = await http.post(DETECT, content=PHOTO, headers=OCTETS | {MIN_FACE_HEADER: wrong})
            assert error(answer) == (400, "BadArgument", f"'{MIN_FACE_HEADER}' is invalid.")
    assert [look.min_face_px for look in models.looks] == [100, 36]


async def test_nothing_is_asked_that_nobody_wants() -> None:
    models = FakeModels()
    async with client(models) as http:
        await http.post(DETECT, content=PHOTO, headers=OCTETS)
        await http.post(f"{DETECT}?returnFaceAttributes=blur", content=PHOTO, headers=OCTETS)
        await http.post(f"{DETECT}?returnFaceAttributes=gender", content=PHOTO, headers=OCTETS)
        await http.post(f"{DETECT}?returnFaceAttributes=age", content=b"nobody".ljust(2000), headers=OCTETS)
    assert [look.with_chips for look in models.looks] == [False, False, True, True]
    (question,) = models.estimates
    assert question.age_and_gender
    assert not question.emotion
    assert not question.landmarks


async def test_when_nobody_answers_one_is_told_to_come_back() -> None:
    async with client(FakeModels(TransientError("nobody answers"))) as http:
        answer = await http.post(DETECT, content=PHOTO, headers=OCTETS)
        other = await http.post(COMPREFACE, files={"file": PHOTO})
    assert error(answer)[:2] == (503, "ServiceUnavailable")
    assert answer.headers["Retry-After"] == other.headers["Retry-After"] == "1"
    assert (other.status_code, other.json()["code"]) == (503, 41)


async def test_when_a_keys_room_is_taken_one_is_told_at_once() -> None:
    models = FakeModels()
    models.may_answer.clear()
    async with client(models, room=4) as http:
        inside = [asyncio.create_task(http.post(DETECT, content=PHOTO, headers=OCTETS)) for _ in range(2)]
        async with asyncio.timeout(5):
            while len(models.looks) < 2:
                await asyncio.sleep(0)
            assert error(await http.post(DETECT, content=PHOTO, headers=OCTETS))[0] == 429
        models.may_answer.set()
        assert [answer.status_code for answer in await asyncio.gather(*inside)] == [200, 200]


async def test_a_key_that_asks_too_often_is_told_when_to_come_back() -> None:
    async with client(FakeModels()) as http:
        answers = [await http.post(DETECT, content=PHOTO, headers=OCTETS) for _ in range(KEY.burst + 1)]
    assert [answer.status_code for answer in answers] == [200] * KEY.burst + [429]
    assert error(answers[-1]) == (429, "429", "Rate limit is exceeded. Try again in 1 seconds.")
    assert answers[-1].headers["Retry-After"] == "1"


async def test_a_photo_that_cannot_be_decoded_is_no_image() -> None:
    async with client(FakeModels(BadInputError("unreadable", "beyond repair"))) as http:
        answer = await http.post(DETECT, content=PHOTO, headers=OCTETS)
    assert error(answer) == (400, "InvalidImage", "Decoding error, image format unsupported.")


async def test_a_bug_is_a_500_that_tells_nothing() -> None:
    class Broken(FakeModels):
        async def look(self, question: object) -> Any:
            raise RuntimeError("pixels")

    async with client(Broken()) as http:
        answer = await http.post(DETECT, content=PHOTO, headers=OCTETS)
    assert error(answer) == (500, "InternalServerError", "Internal server error.")
    assert "pixels" not in answer.text


async def test_several_photos_are_analyzed_and_what_is_wrong_with_one_is_said_in_its_place() -> None:
    models = FakeModels()
    files = [("photo", ("one.jpg", PHOTO)), ("photo", ("small.jpg", b"x")), ("photo", ("two.jpg", PHOTO))]
    async with client(models) as http:
        answer = await http.post("/v1/analyze?features=age,headPose", files=files)
    one, small, two = answer.json()["photos"]
    assert [photo["name"] for photo in (one, small, two)] == ["one.jpg", "small.jpg", "two.jpg"]
    assert small["error"] == {"code": "InvalidImageSize", "message": "Image size is too small."}
    assert set(one["faces"][0]) == {"box", "certainty", "age", "headPose"}
    assert one["faces"] == two["faces"]
    assert len(models.looks) == 2


async def test_photos_are_fetched_from_addresses_too() -> None:
    urls = ["http://photo/1", "http://internal/2", "http://gone/3"]
    async with client(FakeModels()) as http:
        answer = await http.post("/v1/analyze", json={"urls": urls})
    assert [photo.get("error", {}).get("code") for photo in answer.json()["photos"]] == [
        None,
        "InvalidURL",
        "InvalidURL",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"urls": []}},
        {"json": {"urls": ["http://photo/"] * 17}},
        {"json": {}},
        {"files": [("photo", (f"{i}.jpg", PHOTO)) for i in range(17)]},
        {"data": {"photo": "text"}, "files": []},
        {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
async def test_other_analyses_are_refused(body: dict[str, Any]) -> None:
    models = FakeModels()
    async with client(models) as http:
        answer = await http.post("/v1/analyze", **body)
    assert answer.status_code in (400, 415)
    assert not models.looks


async def test_a_connection_whose_request_was_not_read_is_not_used_again() -> None:
    async with client(FakeModels()) as http:
        unread = await http.post(f"{DETECT}?detectionModel=none", content=PHOTO, headers=OCTETS)
        read = await http.post(DETECT, content=b"tiny", headers=OCTETS)
        none = await http.get("/openapi.json")
    assert unread.headers["Connection"] == "close"
    assert "Connection" not in read.headers
    assert "Connection" not in none.headers


async def test_pages_of_other_sites_may_ask_where_that_is_set() -> None:
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
    app = make_app(
        Desk(Admission(OneKey(), 1, lambda: 0.0), AskFaces(FakeModels()), fetch), ["https://app.example.com"]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://faces") as http:
        assert (await http.options(DETECT, headers=headers)).headers["Access-Control-Allow-Origin"] == headers["Origin"]
        other = await http.options(DETECT, headers=headers | {"Origin": "https://elsewhere.example.com"})
    assert "Access-Control-Allow-Origin" not in other.headers
    async with client(FakeModels()) as http:
        assert (await http.options(DETECT, headers=headers)).status_code == 405


async def test_the_front_door_leads_to_the_manual() -> None:
    async with client(FakeModels()) as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (307, "docs")


async def test_each_photo_of_an_analysis_counts() -> None:
    files = [("photo", (f"{i}.jpg", PHOTO)) for i in range(16)]
    async with client(FakeModels()) as http:
        assert (await http.post("/v1/analyze", files=files)).status_code == 200
        assert (await http.post("/v1/analyze", files=files)).status_code == 429


async def test_comprefaces_users_are_answered_too() -> None:
    query = "?face_plugins=age,gender&limit=1&det_prob_threshold=0.8&status=true"
    async with client(FakeModels(), headers={"x-api-key": "secret"}) as http:
        form = await http.post(COMPREFACE + query, files={"file": ("one.jpg", PHOTO)})
        text = await http.post(COMPREFACE + query, json={"file": base64.b64encode(PHOTO).decode()})
    (face,) = form.json()["result"]
    assert set(face) == {"box", "age", "gender"}
    assert form.json()["plugins_versions"]["detector"] == "detector-1"
    assert form.json() == text.json()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"files": {"file": ("one.jpg", b"nobody".ljust(2000))}}, 28),
        ({"files": {"file": ("one.jpg", b"x")}}, 21),
        ({"data": {"other": "text"}, "files": {"none": ""}}, 21),
        ({"json": {"file": "not base64!"}}, 36),
        ({"json": {}}, 36),
        ({"content": b"x"}, 0),
    ],
)
async def test_comprefaces_errors_have_its_codes(body: dict[str, Any], code: int) -> None:
    async with client(FakeModels()) as http:
        answer = await http.post(COMPREFACE, **body)
    assert answer.status_code in (400, 415)
    assert answer.json()["code"] == code
    assert answer.json()["message"]


async def test_the_description_names_every_way_in() -> None:
    async with client(FakeModels()) as http:
        description = json.loads((await http.get("/openapi.json")).text)
    assert set(description["paths"]) == {"/face/{version}/detect", "/v1/analyze", COMPREFACE}
    assert set(description["components"]["securitySchemes"]) == {"AzureKey", "ApiKey"}
