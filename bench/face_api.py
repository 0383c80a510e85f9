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
from typing import Any, Final, Self

PROGRAM: Final = Path(__file__).parent / "face_api_js" / "measure.mjs"
_STOP_WITHIN_S: Final = 20


class FaceApiError(Exception):
    """The peer is not there, or has ended."""


class PeerDetector(StrEnum):
    """What finds faces: SSD is its default, the tiny one is for phones."""

    SSD = "ssd"
    TINY = "tiny"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a photo took from file to estimates, and how many faces it showed."""

    cpu_ms: float
    faces: int


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
        models = program.parent / "node_modules" / "@vladmandic" / "face-api" / "model"
        if not models.is_dir():
            raise FaceApiError(
                f"face-api.js is not in {program.parent / 'node_modules'}: `make bench-faces` installs it"
            )
        command = [_node(), str(program), str(models), *map(str, warm_up)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
            try:
                peer = cls(process)
                peer._read()
                yield peer
            finally:
                _stop(process)

    def measure(self, detector: PeerDetector, photo: Path) -> Answer:
        """Look at one photo.

        Raises:
            FaceApiError: it has ended.
        """
        if self._process.stdin is None:
            raise FaceApiError("face-api.js has no input")
        try:
            self._process.stdin.write(json.dumps({"detector": detector, "photo": str(photo)}) + "\n")
        except BrokenPipeError as error:
            raise FaceApiError("face-api.js has ended") from error
        answer = self._read()
        return Answer(answer["cpu_ms"], answer["faces"])

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise FaceApiError("face-api.js has ended; what it says is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


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
