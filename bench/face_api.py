"""The peer: face-api.js in Node, a process that measures its own CPU time. See face_api_js/measure.mjs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

PROGRAM: Final = Path(__file__).parent / "face_api_js" / "measure.mjs"
_STOP_WITHIN_S: Final = 20


class FaceApiError(Exception):
    """The peer is not there, or has ended."""


class PeerDetector(StrEnum):
    """What finds faces: SSD is its default, the tiny one is for phones; it may be told to look more closely."""

    SSD = "ssd"
    TINY = "tiny"
    TINY_608 = "tiny-608"


class Box(NamedTuple):
    """Where a face is, pixels of the photo."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a photo took, and the faces that it showed."""

    cpu_ms: float
    boxes: tuple[Box, ...]

    @property
    def faces(self) -> int:
        """How many."""
        return len(self.boxes)


class FaceApi:
    """The running process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(cls, warm_up: Sequence[Path], program: Path = PROGRAM) -> Iterator[Self]:
        """The peer, warm, for as long as the block runs.

        Args:
            warm_up: photos that it looks at before it is ready.
            program: to run.

        Raises:
            FaceApiError: its packages or Node are not there, or it ends by itself.
        """
        with running_node(program, warm_up) as process:
            next_line(process)
            yield cls(process)

    def measure(self, detector: PeerDetector, photo: Path, *, find_only: bool = False) -> Answer:
        """Look at one photo.

        Args:
            detector: what finds faces.
            photo: a JPEG.
            find_only: nothing is estimated.

        Raises:
            FaceApiError: it has ended.
        """
        if self._process.stdin is None:
            raise FaceApiError("face-api.js has no input")
        try:
            question = {"detector": detector, "photo": str(photo), "find_only": find_only}
            self._process.stdin.write(json.dumps(question) + "\n")
        except BrokenPipeError as error:
            raise FaceApiError("face-api.js has ended") from error
        answer = next_line(self._process)
        boxes = (Box(box["x"], box["y"], box["width"], box["height"]) for box in answer["faces"])
        return Answer(answer["cpu_ms"], tuple(boxes))


@contextmanager
def running_node(program: Path, warm_up: Sequence[Path]) -> Iterator[subprocess.Popen[str]]:
    """One of the programs beside face-api.js, for as long as the block runs; it ends when its input does.

    Args:
        program: to run.
        warm_up: photos that it looks at before it says its first line.

    Raises:
        FaceApiError: its packages or Node are not there.
    """
    models = program.parent / "node_modules" / "@vladmandic" / "face-api" / "model"
    if not models.is_dir():
        raise FaceApiError(f"face-api.js is not in {program.parent / 'node_modules'}: `make bench-faces` installs it")
    command = [_node(), str(program), str(models), *map(str, warm_up)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            yield process
        finally:
            _stop(process)


def next_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next thing that such a program says.

    Raises:
        FaceApiError: it has ended.
    """
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise FaceApiError("face-api.js has ended; what it says is above")
    said: dict[str, Any] = json.loads(line)
    return said


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _node() -> str:
    """Node, which set-up puts beside Python."""
    beside = Path(sys.executable).with_name("node")
    node = str(beside) if beside.exists() else shutil.which("node")
    if node is None:
        raise FaceApiError("there is no Node: `make setup` installs it")
    return node
