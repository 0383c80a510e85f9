"""More than can be done, or nobody to do it: whoever asks is told at once, and nobody else pays for it."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import requests

from tests.servers.faceapi import FaceApiServer, face_api_server
from tests.servers.nats import NatsServer
from tests.servers.s3 import S3Server

DETECT = "/face/v1.0/detect?returnFaceAttributes=age"
ROOM = 4
MANY = 40


async def ask(http: httpx.AsyncClient, photo: bytes, key: str = "") -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    answer = await http.post(DETECT, content=photo, headers={"Ocp-Apim-Subscription-Key": key} if key else None)
    return answer, time.perf_counter() - began


def client(server: FaceApiServer) -> httpx.AsyncClient:
    headers = {"Ocp-Apim-Subscription-Key": server.key, "Content-Type": "application/octet-stream"}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30)


async def test_a_crowd_is_answered_as_far_as_there_is_room_and_the_rest_is_sent_away_at_once(
    nats_server: NatsServer, s3_server: S3Server, tmp_path: Path, photo: bytes
) -> None:
    with face_api_server(nats_server, s3_server, tmp_path, max_requests=ROOM) as server:
        keys = [server.key, server.make_key("crowd-1"), server.make_key("crowd-2")]
        async with client(server) as http:
            answers = await asyncio.gather(*(ask(http, photo, keys[i % 3]) for i in range(MANY)))
            statuses = Counter(answer.status_code for answer, _ in answers)
            # 503 where there is no room, 429 where a key has half of it.
            assert {200, 503} <= set(statuses) <= {200, 429, 503}
            assert statuses[200] >= ROOM
            away = [(answer, seconds) for answer, seconds in answers if answer.status_code != 200]
            assert all(answer.headers["Retry-After"] == "1" for answer, _ in away)
            assert {answer.json()["error"]["code"] for answer, _ in away} <= {"429", "ServiceUnavailable"}
            # Whoever is sent away has not waited for those who are served.
            served = max(seconds for answer, seconds in answers if answer.status_code == 200)
            assert sorted(seconds for _, seconds in away)[len(away) // 2] < served
            # Afterwards there is room again.
            assert (await ask(http, photo))[0].status_code == 200


async def test_who_sends_slowly_leaves_half_of_the_room_to_others(
    nats_server: NatsServer, s3_server: S3Server, tmp_path: Path, photo: bytes
) -> None:
    with face_api_server(nats_server, s3_server, tmp_path, max_requests=ROOM) as server:
        slow = server.make_key("slow-sender")
        head = f"POST {DETECT} HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {slow}\r\n"
        head += "Content-Type: application/octet-stream\r\nContent-Length: 500000\r\n\r\nxx"
        address = urlsplit(server.url)
        connections = [await asyncio.open_connection(address.hostname, address.port) for _ in range(3 * ROOM)]
        for _, writer in connections:
            writer.write(head.encode())
            await writer.drain()
        async with client(server) as http:
            for _ in range(5):
                assert (await ask(http, photo))[0].status_code == 200
        for _, writer in connections:
            writer.close()
            await writer.wait_closed()


async def test_where_nobody_looks_one_is_told_at_once(nats_server: NatsServer, tmp_path: Path, photo: bytes) -> None:
    with face_api_server(nats_server, None, tmp_path) as server:
        async with client(server) as http:
            answer, seconds = await ask(http, photo)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert seconds < 5


async def test_who_looked_and_died_is_missed_only_until_it_is_back(
    nats_server: NatsServer, s3_server: S3Server, tmp_path: Path, photo: bytes
) -> None:
    with face_api_server(nats_server, s3_server, tmp_path, answer_within_s=2) as server:
        assert server.faces
        async with client(server) as http:
            assert (await ask(http, photo))[0].status_code == 200
            server.faces.kill()
            assert (await ask(http, photo))[0].status_code == 503
            server.faces.spawn()
            await server.faces.until_ready()
            assert (await ask(http, photo))[0].status_code == 200


async def test_an_end_that_is_asked_for_lets_what_has_begun_be_answered(
    nats_server: NatsServer, s3_server: S3Server, tmp_path: Path, photo: bytes
) -> None:
    with face_api_server(nats_server, s3_server, tmp_path) as server:
        async with client(server) as http:
            asking = [asyncio.create_task(ask(http, photo)) for _ in range(6)]
            metrics = server.faceapi.program.environment["FACETALLY_FACEAPI_HEALTH_PORT"]
            async with asyncio.timeout(10), httpx.AsyncClient() as scraper:
                while (
                    "facetally_faceapi_requests_in_flight 6.0"
                    not in (await scraper.get(f"http://127.0.0.1:{metrics}/metrics")).text
                ):
                    if all(task.done() for task in asking):
                        pytest.skip("they were answered before they could be counted")
            status = await asyncio.to_thread(server.faceapi.stop)
            answers = await asyncio.gather(*asking)
    assert status == 0
    assert [answer.status_code for answer, _ in answers] == [200] * 6


async def test_usage_is_counted_by_key_and_no_log_tells_more_than_that(server: FaceApiServer, photo: bytes) -> None:
    key = server.make_key("accounts")
    async with client(server) as http:
        headers = {"Ocp-Apim-Subscription-Key": key}
        assert (await http.post(DETECT, content=photo, headers=headers)).status_code == 200
        assert (await http.post(DETECT, content=b"x", headers=headers)).status_code == 400
        port = server.faceapi.program.environment["FACETALLY_FACEAPI_HEALTH_PORT"]
        metrics = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    assert 'facetally_faceapi_photos_total{key="accounts"} 1.0' in metrics
    assert 'facetally_faceapi_faces_total{key="accounts"} 2.0' in metrics
    assert 'facetally_faceapi_requests_total{key="accounts",operation="detect",status="200"} 1.0' in metrics
    log = server.faceapi.log.read_text()
    assert key not in log
    assert server.key not in log
    assert "gender" not in log


def test_a_client_that_keeps_connections_survives_being_told_to_wait(server: FaceApiServer, photo: bytes) -> None:
    key = server.make_key("impatient", rate=1, burst=1)
    with requests.Session() as session:
        session.headers.update({"Ocp-Apim-Subscription-Key": key, "Content-Type": "application/octet-stream"})
        statuses = Counter(session.post(server.url + DETECT, data=photo).status_code for _ in range(100))
    assert set(statuses) <= {200, 429}
    assert statuses[429] > 50
