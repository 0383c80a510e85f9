"""What a photo and a face cost: detect and classify, beside the naive way and face-api.js, in the same run.

CPU time, one thread, as the services run by default, for the photos of `bench.exit_photos`. All ways take their turns photo
by photo, so that a busy moment of the machine hits all; the slow ones sit some rounds out. Goals are printed beside the
figures: missing one is no failure.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import cv2
import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from bench.cpu_times import CpuTimes
from bench.exit_photos import ExitPhoto, exit_photos
from bench.face_api import FaceApi, FaceApiError, PeerDetector
from bench.naive_faces import NaiveFaces
from bench.our_faces import BATCHES, DEFAULT_BATCH, OurFaces
from models.predict.boxes import Method
from models.registry import WeightsError

ROUNDS: Final = 15
# The naive way is looked at in every other round, the peer in every third.
NAIVE_EVERY, PEER_EVERY = 2, 3
DETECT_GOAL_MS, FACE_GOAL_MS, GOAL_BATCH, RATIO_GOAL = 22, 2, 8, 10
_PEER: Final = {PeerDetector.SSD: "faceapi_js", PeerDetector.TINY: "faceapi_js_tiny"}
console = Console(stderr=True, highlight=False)


class Found:
    """How many faces each way finds in each photo."""

    def __init__(self, photos: Sequence[ExitPhoto]) -> None:
        self._photos = photos
        self._faces: dict[str, dict[str, int]] = {}

    def add(self, way: str, photo: ExitPhoto, faces: int) -> None:
        """Note what a way has found."""
        self._faces.setdefault(way, {})[photo.name] = faces

    def faces(self, way: str) -> int:
        """In all photos."""
        return sum(self._faces[way].values())

    def photos(self, way: str) -> int:
        """In how many photos there is one."""
        return sum(map(bool, self._faces[way].values()))

    def hard(self, way: str) -> int:
        """In how many of the hard photos there is one."""
        return sum(bool(self._faces[way][photo.name]) for photo in self._photos if photo.is_hard)


def main(rounds: Annotated[int, typer.Option(min=1, help="How often to look at each photo")] = ROUNDS) -> None:
    """Measure, and print tables and one line of JSON."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), console=console) as progress,
        tempfile.TemporaryDirectory() as folder,
    ):
        try:
            ours = OurFaces()
            making = progress.add_task("Making photos that HOG sees nobody in", total=None)
            photos = exit_photos(partial(ours.faces, Method.HOG), partial(progress.advance, making))
            progress.update(making, total=progress.tasks[making].completed)
            files = [Path(folder) / photo.name for photo in photos]
            for photo, file in zip(photos, files, strict=True):
                file.write_bytes(photo.jpeg)
            times, found = CpuTimes(), Found(photos)
            warming = progress.add_task("Warming face-api.js up", total=1)
            with FaceApi.running(files) as peer:
                progress.advance(warming)
                _measure(ours, peer, list(zip(photos, files, strict=True)), times, found, progress, rounds)
        except (FaceApiError, WeightsError) as error:
            progress.stop()
            sys.exit(f"bench.faces: {error}")
    figures = _figures(ours, times, found.faces(ours.default) / len(photos))
    _print(ours, photos, times, found, figures, rounds)
    print(json.dumps({key: round(value, 2) for key, value in figures.items()}))


def _measure(
    ours: OurFaces,
    peer: FaceApi,
    photos: list[tuple[ExitPhoto, Path]],
    times: CpuTimes,
    found: Found,
    progress: Progress,
    rounds: int,
) -> None:
    naive = NaiveFaces()
    naive.look(photos[0][0].jpeg)
    pool = np.stack([chip for photo, _ in photos for chip in ours.chips(photo.jpeg)])
    task = progress.add_task("Measuring", total=rounds * len(photos))
    for round_ in range(rounds):
        for i, (photo, file) in enumerate(photos):
            for method, faces in ours.measure_detection(times, photo).items():
                found.add(method, photo, faces)
            turn = range(i * max(BATCHES), (i + 1) * max(BATCHES))
            ours.measure_estimates(times, photo.name, pool.take(turn, axis=0, mode="wrap"))
            if round_ % NAIVE_EVERY == 0:
                found.add("naive", photo, times.time("naive", photo.name, partial(naive.look, photo.jpeg)))
            if round_ % PEER_EVERY == 0:
                for detector, name in _PEER.items():
                    answer = peer.measure(detector, file)
                    times.add(name, photo.name, answer.cpu_ms)
                    found.add(name, photo, answer.faces)
            progress.advance(task)


def _figures(ours: OurFaces, times: CpuTimes, faces_per_photo: float) -> dict[str, float]:
    figures = {"detect_ms": times.ms("detect")}
    figures |= {f"face_ms_b{size}": times.ms(f"face_b{size}") for size in BATCHES}
    figures["total_ms"] = times.ms("detect") + faces_per_photo * times.ms("face_default")
    figures |= {"cnn_ms": times.ms(Method.CNN), "hog_ms": times.ms(Method.HOG)}
    for way in (*_PEER.values(), "naive"):
        figures[f"{way}_ms"] = times.ms(way)
        figures[f"ratio_{way}"] = times.ms(way) / figures["total_ms"]
    figures |= {"face_ms_default": times.ms("face_default"), "faces_per_photo": faces_per_photo}
    figures |= {"decode_ms": times.ms("decode"), "find_ms": times.ms(ours.default), "cut_ms": times.ms("cut")}
    return figures


def _print(
    ours: OurFaces, photos: Sequence[ExitPhoto], times: CpuTimes, found: Found, figures: dict[str, float], rounds: int
) -> None:
    hard = sum(photo.is_hard for photo in photos)
    size_mb = statistics.fmean(len(photo.jpeg) for photo in photos) / 1e6
    table = Table(
        "",
        *("CPU ms", "goal", "times\nours", "faces\nfound", f"photos\nof {len(photos)}", f"hard\nof {hard}"),
        title=f"A photo: {len(photos)} of 1920 x 1080, {size_mb:.2f} MB each on average",
    )
    for column in table.columns[1:]:
        column.justify = "right"

    def row(name: str, ms: float, goal: str = "", ratio: float | None = None, way: str | None = None) -> None:
        counts = (found.faces(way), found.photos(way), found.hard(way)) if way else ()
        table.add_row(name, f"{ms:.1f}", goal, f"{ratio:.1f}" if ratio else "", *map(str, counts))

    row("decode", times.ms("decode"))
    row("find by CNN" + _default(ours, Method.CNN), times.ms(Method.CNN), way=Method.CNN)
    row("find by HOG" + _default(ours, Method.HOG), times.ms(Method.HOG), way=Method.HOG)
    if ours.default is Method.CASCADE:
        row("find by both, the default", times.ms(Method.CASCADE), way=Method.CASCADE)
    row("points, chip, quality", times.ms("cut"))
    row("detect, by default", figures["detect_ms"], f"{DETECT_GOAL_MS}")
    row(f"and classify {figures['faces_per_photo']:.1f} faces", figures["total_ms"], ratio=1, way=ours.default)
    table.add_section()
    goal = f"{RATIO_GOAL} times"
    row("naive: face_recognition", figures["naive_ms"], goal, figures["ratio_naive"], "naive")
    for detector, way in _PEER.items():
        row(f"face-api.js, {detector}", figures[f"{way}_ms"], goal, figures[f"ratio_{way}"], way)
    console.print(table)
    faces = Table("", "CPU ms", "goal", title="A face: age, gender and emotion")
    for size in BATCHES:
        goal = f"{FACE_GOAL_MS}" if size == GOAL_BATCH else ""
        faces.add_row(f"one crop for each net, batches of {size}", f"{figures[f'face_ms_b{size}']:.2f}", goal)
    faces.add_row(
        f"{ours.crops} crops, the default, batches of {DEFAULT_BATCH}", f"{figures['face_ms_default']:.2f}", ""
    )
    console.print(faces)
    naive_rounds, peer_rounds = (-(-rounds // every) for every in (NAIVE_EVERY, PEER_EVERY))
    console.print(
        f"CPU time of all threads: the mean over photos of the median of {rounds} rounds (the naive way {naive_rounds}, "
        f"face-api.js {peer_rounds}). Machines differ, and so do quiet and busy ones: compare ratios.\n"
        "photos, hard: those in which a face is found; the hard ones were made so that HOG finds none.\n"
        f"{ours.version}. How to read this: docs/performance.md"
    )


def _default(ours: OurFaces, method: Method) -> str:
    return ", the default" if method is ours.default else ""


if __name__ == "__main__":
    typer.run(main)
