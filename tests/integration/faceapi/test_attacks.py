"""Whoever means ill gets a clear error, and harms nobody else: photos, bodies and addresses made to break things."""

import io
import json
import random
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from PIL import Image

from tests.servers.faceapi import FaceApiServer

DETECT = "/face/v1.0/detect?returnFaceAttributes=age,headPose,noise"
OCTETS = {"Content-Type": "application/octet-stream"}
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20


@pytest.fixture(autouse=True)
def still_works(server: FaceApiServer, photo: bytes) -> Iterator[None]:
    """Whatever a test does, afterwards an honest question is answered as before."""
    yield
    with server.http(**OCTETS) as http:
        answer = http.post("/face/v1.0/detect", content=photo)
    assert answer.status_code == 200
    assert len(answer.json()) == 2


def refused(answer: httpx.Response, *codes: str) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] in codes, answer.text


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG whose head says one thing and whose data, compressed, may say another."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    text = chunk(b"tEXt", b"Comment\0" + bytes(range(65, 91)) * 60)  # so that it is no smaller than a photo
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("P", (64, 64)).save(file, "GIF")
    content = bytearray(file.getvalue())
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content).ljust(2048, b"\0")


def jpeg_of(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG")
    content = bytearray(file.getvalue())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content).ljust(2048, b"\0")


BOMBS = {
    "png of 400 megapixels": png(20_000, 20_000, bytes(30_000_000)),
    "png whose head lies": png(0x7FFFFFFF, 0x7FFFFFFF, b""),
    "png of no size": png(0, 0, b""),
    "png that ends early": png(1000, 1000, bytes(1000)),
    "gif of 4 gigapixels": gif(65_535, 65_535),
    "jpeg of 4 gigapixels": jpeg_of(65_500, 65_500),
    "jpeg of no size": jpeg_of(0, 0),
    "bmp head alone": b"BM" + struct.pack("<IHHI", 2**31 - 1, 0, 0, 54) + bytes(2000),
    "nothing": bytes(5000),
    "text": b"<svg onload=alert(1)>" * 100,
    "webp": b"RIFF\x00\x10\x00\x00WEBPVP8 " + bytes(2000),
    "tiff": b"II*\x00\x08\x00\x00\x00" + bytes(2000),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n" + b"showpage\n" * 300,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_photo_that_would_not_fit_or_is_none_is_refused(server: FaceApiServer, name: str) -> None:
    with server.http(**OCTETS) as http:
        refused(http.post(DETECT, content=BOMBS[name]), "InvalidImage", "InvalidImageSize")


def test_no_damage_to_a_photo_is_a_failure_of_ours(server: FaceApiServer, photo: bytes) -> None:
    chance = random.Random(7)
    with Image.open(io.BytesIO(photo)) as picture:
        small = picture.resize((320, 180))
    kinds = []
    for kind in ("JPEG", "PNG", "GIF", "BMP"):
        file = io.BytesIO()
        small.save(file, kind)
        kinds.append(file.getvalue())
    with server.http(**OCTETS) as http:
        for _ in range(60):
            content = bytearray(chance.choice(kinds))
            for _ in range(chance.choice((1, 10, 200))):
                content[chance.randrange(min(len(content), chance.choice((50, 700, len(content)))))] = chance.randrange(
                    256
                )
            answer = http.post(DETECT, content=bytes(content[: chance.choice((None, len(content) // 2))]))
            assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize("size", [(30_000, 60), (60, 30_000), (1, 1), (33, 33), (7_000, 3_500)])
def test_odd_sizes_are_looked_at_as_closely_as_may_be_asked(server: FaceApiServer, size: tuple[int, int]) -> None:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 80).resize(size).convert("RGB").save(file, "JPEG")
    with server.http(**OCTETS, **{"Facetally-Min-Face-Px": "36"}) as http:
        answer = http.post(DETECT, content=file.getvalue().ljust(1024, b"\0"))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1" * 5000,
        b'{"url": NaN}',
        b'{"url": "\xff\xfe"}',
        b'{"url": ' + b"[" * 30_000,
        b'{"url": "' + b"a" * 70_000 + b'"}',
        json.dumps({"url": "http://\0/"}).encode(),
        json.dumps({"url": "http://example.com:99999999/"}).encode(),
        json.dumps({"url": "http://user:secret@127.0.0.1/"}).encode(),
        json.dumps({"url": "gopher://127.0.0.1:4222/_PUB"}).encode(),
        json.dumps({"url": "//127.0.0.1/"}).encode(),
        json.dumps({"url": "\ud800"}).encode(),
        json.dumps({"url": "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/"}).encode(),
    ],
)
def test_bodies_that_should_be_an_address(server: FaceApiServer, body: bytes) -> None:
    with server.http(**JSON) as http:
        refused(http.post(DETECT, content=body), "BadArgument", "InvalidURL", "InvalidImageSize")


INTERNAL = [
    "http://127.0.0.2:{port}/",
    "http://localhost.:{port}/../",
    "http://[::ffff:127.0.0.2]:{port}/",
    "http://[::1]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://2130706434:{port}/",
    "http://0x7f000002:{port}/",
    "http://0177.0.0.2:{port}/",
    "http://127.2:{port}/",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_no_internal_address_is_reached(server: FaceApiServer, address: str) -> None:
    """Of loopback, 127.0.0.1 alone is allowed to this server."""
    with listening() as (port, connections), server.http(**JSON) as http:
        answers = [
            http.post(path, json=body)
            for path, body in (
                (DETECT, {"url": address.format(port=port)}),
                ("/v1/analyze", {"urls": [address.format(port=port)]}),
            )
        ]
        refused(answers[0], "InvalidURL")
        assert answers[1].json()["photos"][0]["error"]["code"] == "InvalidURL"
        assert not connections


@contextmanager
def listening() -> Iterator[tuple[int, list[object]]]:
    """A port, on every address of this machine but 127.0.0.1, and who has connected to it."""
    connections: list[object] = []
    sockets = []
    first = socket.create_server(("127.0.0.2", 0))
    port = first.getsockname()[1]
    sockets = [first, socket.create_server(("::1", port), family=socket.AF_INET6)]

    def accept(server: socket.socket) -> None:
        try:
            while True:
                connection, _ = server.accept()
                connections.append(connection)
        except OSError:
            return

    threads = [threading.Thread(target=accept, args=(server,)) for server in sockets]
    for thread in threads:
        thread.start()
    try:
        yield port, connections
    finally:
        for server in sockets:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        for thread in threads:
            thread.join()


def raw(server: FaceApiServer, head: str, *body: bytes) -> bytes:
    """What is answered to bytes as they are, until the connection is closed."""
    address = urlsplit(server.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        try:
            for part in body:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while received := connection.recv(65_536):
                answer += received
        except ConnectionResetError:
            pass
        return answer


def test_a_body_that_is_said_to_be_larger_than_photos_is_not_read(server: FaceApiServer) -> None:
    head = f"POST {DETECT} HTTP/1.1\nHost: x\nOcp-Apim-Subscription-Key: {server.key}\n"
    head += "Content-Type: application/octet-stream\nContent-Length: 9999999999999\n\n"
    answer = raw(server, head)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"InvalidImageSize" in answer


def test_chunks_without_an_end_are_not_read_on_and_take_no_memory(server: FaceApiServer) -> None:
    head = f"POST {DETECT} HTTP/1.1\nHost: x\nOcp-Apim-Subscription-Key: {server.key}\n"
    head += "Content-Type: application/octet-stream\nTransfer-Encoding: chunked\n\n"
    chunk = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    process = psutil.Process(server.faceapi.pid)
    before = process.memory_info().rss
    answer = raw(server, head, *[chunk] * 300)
    assert b"InvalidImageSize" in answer
    assert process.memory_info().rss - before < 60 * MIB


def test_nobody_without_a_key_is_read_from(server: FaceApiServer) -> None:
    head = f"POST {DETECT} HTTP/1.1\nHost: x\nContent-Type: application/octet-stream\nContent-Length: {6 * MIB}\n\n"
    answer = raw(server, head)
    assert answer.startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=" + "b" * 4000, b"x" * 3000),
        (
            "multipart/form-data; boundary=x; charset=nonsense",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 20_000),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="p"; filename="f"\r\n\r\n' + bytes(9 * MIB),
        ),
        (
            "multipart/form-data; boundary=x",
            b"".join(b'--x\r\nContent-Disposition: form-data; name="p"; filename="f"\r\n\r\n\r\n' for _ in range(5000)),
        ),
    ],
)
@pytest.mark.parametrize("path", ["/v1/analyze", "/api/v1/detection/detect"])
def test_forms_that_are_none_or_too_much(server: FaceApiServer, path: str, kind: str, body: bytes) -> None:
    with server.http(**{"Content-Type": kind}) as http:
        answer = http.post(path, content=body)
    assert answer.status_code in (200, 400), answer.text
    assert answer.status_code == 400 or "error" in answer.json()["photos"][0]


def test_headers_that_are_none(server: FaceApiServer, photo: bytes) -> None:
    for value in ("-1", "36.5", "1e2", "99999999999999999999", "NaN", "36, 36"):
        with server.http(**OCTETS, **{"Facetally-Min-Face-Px": value}) as http:
            refused(http.post(DETECT, content=photo), "BadArgument")
    for key in ("a" * 8000, "../../x", "*", ">", "é".encode("latin-1").decode("latin-1")):
        answer = httpx.post(
            server.url + DETECT, content=photo, headers={b"Ocp-Apim-Subscription-Key": key.encode("latin-1")}
        )
        assert answer.status_code == 401


def test_after_all_this_memory_is_bounded(server: FaceApiServer) -> None:
    assert server.faces
    assert psutil.Process(server.faceapi.pid).memory_info().rss < 400 * MIB
    assert psutil.Process(server.faces.pid).memory_info().rss < 2_500 * MIB
