"""The clients of bench-faceapi, as the process that they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from bench.faceapi.load import Clients, LoadError, Outcome, Side


@asynccontextmanager
async def stub(asked: list[tuple[bytes, str]], status: int = 200) -> AsyncIterator[Side]:
    """Finds as many faces as a photo has bytes, and notes what it is asked."""

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        asked.append((body, request.headers["Key"]))
        return web.json_response([{}] * len(body), status=status)

    app = web.Application()
    app.add_routes([web.post("/detect", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Side("stub", f"http://127.0.0.1:{runner.addresses[0][1]}/detect", {"Key": "k"}, {"me": psutil.Process()})
    finally:
        await runner.cleanup()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three, with no face, one and two."""
    files = [tmp_path / str(faces) for faces in range(3)]
    for faces, file in enumerate(files):
        file.write_bytes(b"x" * faces)
    return files


async def test_clients_ask_about_all_photos_in_turn_until_time_is_up(photos: list[Path]) -> None:
    asked: list[tuple[bytes, str]] = []
    outcome = Outcome()
    async with stub(asked) as side, Clients.running() as clients:
        await clients.measure(side, photos, 2, 0.3, outcome)
        await clients.measure(side, photos, 2, 0.3, outcome)
    assert len(outcome.took_ms) == len(asked) > 12
    assert {key for _, key in asked} == {"k"}
    assert {photo: set(faces) for photo, faces in outcome.faces.items()} == {0: {0}, 1: {1}, 2: {2}}
    counts = [len(faces) for faces in outcome.faces.values()]
    assert max(counts) - min(counts) <= 4  # each client is at most one behind, in each round
    assert outcome.with_a_face == 2
    assert 0 < outcome.rate <= len(asked) / 0.6
    assert outcome.cpu_ms["me"] > 0


async def test_an_error_for_an_answer_ends_it(photos: list[Path], capfd: pytest.CaptureFixture[str]) -> None:
    async with stub([], status=503) as side, Clients.running() as clients:
        with pytest.raises(LoadError, match="stub was not answered"):
            await clients.measure(side, photos, 1, 0.1, Outcome())
    assert "answers 503" in capfd.readouterr().err
