"""From FTP to the page, while everything that can die is killed, and with everything that cameras send by mistake."""

import asyncio
import ftplib
import io
import itertools
import os
import random
import signal
import time
from pathlib import Path

import httpx
import pytest

from services.common.settings import NatsSettings
from services.demo.domain import PHOTOS
from services.estate.__main__ import import_lines
from services.estate.domain import CameraLine, NewSecret
from services.estate.settings import EstateSettings
from services.standalone.machine import Machine, running_machine
from tests.e2e.machines import settings, tally

pytestmark = pytest.mark.timeout(280)
SHOP = CameraLine("europe", "Europe", "berlin", "Berlin", "berlin-1", "Mitte", "Europe/Berlin", "cam-1")
SERVERS = ("nats-server", "seaweedfs", "postgres")
SERVICES = ("ingest", "detect-1", "detect-2", "record", "report")


async def register(machine: Machine) -> NewSecret:
    nats = NatsSettings.model_validate(machine.nats("estate"))
    estate = EstateSettings.model_validate({"nats": nats, "postgres_dsn": machine.dsn("estate")})
    return (await import_lines(estate, [SHOP], lambda _: None)).new[0]


def send(machine: Machine, login: NewSecret, content: bytes) -> str:
    """One upload in a session of its own; the server's last word, or what went wrong."""
    try:
        with ftplib.FTP(timeout=20) as session:
            session.connect("127.0.0.1", machine.settings.ftp_port)
            session.login(login.login, login.secret)
            return session.storbinary("STOR photo.jpg", io.BytesIO(content))
    except (ftplib.Error, OSError, EOFError) as error:
        return str(error)


def send_until_kept(machine: Machine, login: NewSecret, content: bytes) -> None:
    """As a camera does: again and again, until it is told 226."""
    for _ in range(400):
        if send(machine, login, content).startswith("226"):
            return
        time.sleep(0.25)
    raise AssertionError("a photo was refused for too long")


async def numbers(machine: Machine) -> tuple[int, dict[str, int]]:
    """The shop's visitors, and what became of its uploads."""
    return await tally(machine.settings, SHOP.shop, SHOP.camera)


async def until(machine: Machine, looked_at: int) -> tuple[int, dict[str, int]]:
    """The shop's numbers, once so many photos have been looked at and added up."""
    visitors, uploads = 0, dict[str, int]()
    async with asyncio.timeout(150):
        while sum(uploads.get(o, 0) for o in ("faces", "no_face", "face_too_small", "unreadable")) < looked_at:
            await asyncio.sleep(0.3)
            try:
                visitors, uploads = await numbers(machine)
            except httpx.HTTPError:  # the report, or what is behind it, may be the one that was just killed
                continue
    return visitors, uploads


async def until_counted(machine: Machine, expected: int) -> tuple[int, dict[str, int]]:
    """The shop's numbers, once its days have been added up to so many visitors, or a minute has passed."""
    visitors, uploads = await numbers(machine)
    for _ in range(120):
        if visitors == expected:
            break
        await asyncio.sleep(0.5)
        visitors, uploads = await numbers(machine)
    return visitors, uploads


async def test_what_cameras_send_by_mistake_is_counted_and_stops_nothing(tmp_path: Path, demo_photos: Path) -> None:
    good, crowd, nobody, small = (
        (demo_photos / name).read_bytes() for name in ("photo-01.jpg", "crowd.jpg", "no-face.jpg", "too-small.jpg")
    )
    bomb = bytearray(good)
    at = bomb.index(b"\xff\xc0") + 5
    bomb[at : at + 4] = (20_000).to_bytes(2, "big") * 2
    damaged = good[:700] + bytes(len(good) - 702) + good[-2:]
    expected = [
        (good, "226"),
        (good, "226"),
        (crowd, "226"),
        (nobody, "226"),
        (small, "226"),
        (b"", "226"),
        (b"a text", "550"),
        (good[:-500], "451"),
        (bytes(bomb), "550"),
        (b"\xff\xd8" + bytes(50 * 1024 * 1024), "552"),
    ]
    async with running_machine(settings(tmp_path / "state"), lambda _: None) as machine:
        login = await register(machine)
        await asyncio.to_thread(send_until_kept, machine, login, good)
        wrong = NewSecret(login.camera, login.login, "not the secret")
        assert (await asyncio.to_thread(send, machine, wrong, good)).startswith("530")
        for content, code in expected:
            reply = await asyncio.to_thread(send, machine, login, content)
            assert reply.startswith(code) or "Broken pipe" in reply or "reset" in reply, (reply, code)
        await asyncio.to_thread(send, machine, login, damaged)
        await asyncio.to_thread(send_until_kept, machine, login, good + b"another")
        _, uploads = await until(machine, 6)
        async with asyncio.timeout(30):
            while sum(uploads.values()) < 3 + 3 + 5:
                await asyncio.sleep(0.2)
                _, uploads = await numbers(machine)
        visitors, uploads = await until_counted(machine, 2 + 10 + 2)
    assert visitors == 2 + 10 + 2
    assert uploads["faces"] == 3
    assert uploads["no_face"] + uploads.get("unreadable", 0) == 3, "nobody, somebody far away, and what is damaged"
    refused = {"empty": 1, "not_jpeg": 1, "truncated": 1, "too_many_pixels": 1, "too_large": 1}
    assert {reason: uploads.get(reason) for reason in refused} == refused


async def test_whatever_is_killed_every_photo_that_was_kept_is_counted_exactly_once(
    tmp_path: Path, demo_photos: Path
) -> None:
    chance = random.Random(7)
    sources = [((demo_photos / photo.name).read_bytes(), photo.faces) for photo in PHOTOS if photo.faces in (1, 2)]
    victims = [*SERVERS, *SERVICES]
    chance.shuffle(victims)
    sent: list[int] = []
    async with running_machine(settings(tmp_path / "state"), lambda _: None) as machine:
        login = await register(machine)
        await asyncio.to_thread(send_until_kept, machine, login, sources[0][0] + b"first")
        sent.append(sources[0][1])
        killing = asyncio.Event()

        async def camera(number: int) -> None:
            for i in itertools.count():
                photo, faces = sources[(number + i) % len(sources)]
                await asyncio.to_thread(send_until_kept, machine, login, photo + f"{number}-{i}".encode())
                sent.append(faces)
                if killing.is_set() and i >= 10:
                    return
                await asyncio.sleep(0.2)

        async def killer() -> None:
            for victim in victims:
                await asyncio.sleep(chance.uniform(0.5, 2.0))
                os.kill(machine.supervisor.pids()[victim], signal.SIGKILL)
            killing.set()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(killer())
            for number in range(2):
                tasks.create_task(camera(number))
        await until(machine, len(sent))
        await until_counted(machine, sum(sent))
        await asyncio.sleep(10)  # time for anything that would be counted twice, and for another round of adding up
        visitors, uploads = await numbers(machine)
    assert uploads["faces"] == len(sent)
    assert visitors == sum(sent)
