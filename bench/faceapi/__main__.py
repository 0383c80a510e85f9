"""The face API beside face-api.js behind HTTP, on this machine, in the same run.

One, four and sixteen clients ask, each again as soon as it is answered. All who are asked take turns, so that a busy moment of the
machine hits all; the clients share its cores with them.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import cv2
import typer
from rich.console import Console

from bench.face_api import FaceApiError, PeerDetector
from bench.faceapi import request, small_faces
from bench.faceapi.load import Clients, LoadError, Outcome, Side
from bench.faceapi.ours import NAME, Ours
from bench.faceapi.peer import running_peer
from bench.faceapi.photos import large_photos, thrifty
from bench.faceapi.tables import Case, load_tables, request_tables, small_faces_table
from models.registry import WeightsError
from services.standalone.__main__ import CANNOT_START

POOL: Final = Path("build/load_photos")
CLIENTS: Final = (1, 4, 16)
LARGE, THRIFTY = "1 MB", "200 kB"
# The time for each figure comes in so many turns.
_TURNS: Final = 2
console = Console(stderr=True, highlight=False)


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each figure is measured")] = 12.0,
    small: Annotated[
        bool, typer.Option("--small-faces/--no-small-faces", help="Who finds small faces, and at what cost")
    ] = True,
) -> None:
    """Measure, and print tables and one line of JSON."""
    cv2.setNumThreads(1)
    folder = Path(tempfile.mkdtemp(prefix="faceapi-", dir="build"))
    try:
        photos = _photos(folder)
        outcomes, requests = asyncio.run(_measure(folder, photos, seconds))
        for table in (*load_tables(outcomes), *request_tables(requests)):
            console.print(table)
        if small:
            console.print("Looking for small faces ...")
            console.print(small_faces_table(small_faces.measure(folder)))
    except (FaceApiError, FileNotFoundError, LoadError, WeightsError, *CANNOT_START) as error:
        sys.exit(f"bench.faceapi: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console.print("CPU is of those who are asked, without the clients. How to read this: docs/performance.md")
    print(json.dumps(summary(outcomes)))
    if missed := missed_photos(outcomes):
        sys.exit(f"bench.faceapi: no face was found in some photos: {missed}")


def _photos(folder: Path) -> dict[str, list[Path]]:
    """The photos as files, by their size."""
    large = large_photos(POOL, lambda line: console.print(f"  {line}"))
    contents = {LARGE: large, THRIFTY: [thrifty(photo) for photo in large]}
    files: dict[str, list[Path]] = {}
    for size, photos in contents.items():
        files[size] = [folder.resolve() / f"{size.replace(' ', '')}-{number}.jpg" for number in range(len(photos))]
        for file, photo in zip(files[size], photos, strict=True):
            file.write_bytes(photo)
    return files


async def _measure(
    folder: Path, photos: Mapping[str, list[Path]], seconds: float
) -> tuple[dict[Case, Outcome], list[request.Request]]:
    console.print(f"Load of the machine before: {os.getloadavg()[0]:.2f}. Starting face-api.js and facetally ...")
    with running_peer(photos[LARGE]) as peer:
        async with Ours.running(folder / "state") as ours, Clients.running() as clients:
            sides = [ours.side(), peer[PeerDetector.SSD], peer[PeerDetector.TINY]]
            outcomes: dict[Case, Outcome] = {}
            for size in (LARGE, THRIFTY):
                for count in CLIENTS:
                    of_sides = await _take_turns(clients, sides, photos[size], count, seconds)
                    outcomes |= {(name, size, count): outcome for name, outcome in of_sides.items()}
                    console.print(f"  {size}, clients: {count}")
            requests = []
            for min_face_px in reversed(small_faces.SIZES_PX):
                requests.append(await request.measure(ours, clients, photos[LARGE], min_face_px, seconds))
                console.print(f"  smallest face: {min_face_px} px")
    return outcomes, requests


async def _take_turns(
    clients: Clients, sides: Sequence[Side], photos: list[Path], count: int, seconds: float
) -> dict[str, Outcome]:
    """Ask all sides, by turns."""
    outcomes = {side.name: Outcome() for side in sides}
    for turn in range(_TURNS):
        for side in sides:
            if turn == 0:
                await clients.warm_up(side, photos, count)
            await clients.measure(side, photos, count, seconds / _TURNS, outcomes[side.name])
    return outcomes


def summary(outcomes: Mapping[Case, Outcome]) -> dict[str, float]:
    """The figures that goals are about."""
    figures: dict[str, float] = {}
    for size, suffix in ((LARGE, ""), (THRIFTY, "_200kb")):
        ours, most = outcomes[NAME, size, CLIENTS[0]], outcomes[NAME, size, CLIENTS[-1]]
        node = outcomes[f"face-api.js, {PeerDetector.SSD}", size, CLIENTS[0]]
        figures |= {
            f"rps_1{suffix}": round(ours.rate, 2),
            f"p50_ms_1{suffix}": round(ours.times_ms.p50, 1),
            f"p99_ms_16{suffix}": round(most.times_ms.p99, 1),
            f"node_rps_1{suffix}": round(node.rate, 2),
            f"ratio{suffix}": round(ours.rate / node.rate, 2),
        }
    return figures


def missed_photos(outcomes: Mapping[Case, Outcome]) -> list[str]:
    """Where the face API was asked about photos, and some answer had no face in it."""
    return [
        f"{size}, {clients} clients: {len(outcome.faces) - outcome.with_a_face} of {len(outcome.faces)}"
        for (who, size, clients), outcome in outcomes.items()
        if who == NAME and outcome.with_a_face < len(outcome.faces)
    ]


if __name__ == "__main__":
    typer.run(main)
