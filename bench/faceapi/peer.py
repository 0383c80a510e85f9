"""face-api.js behind HTTP. See bench/face_api_js/server.mjs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.face_api import PROGRAM, PeerDetector, next_line, running_node
from bench.faceapi.load import Side

_SERVER: Final = PROGRAM.with_name("server.mjs")
_HEADERS: Final = {"Content-Type": "image/jpeg"}


@contextmanager
def running_peer(warm_up: Sequence[Path]) -> Iterator[dict[PeerDetector, Side]]:
    """The server with a worker per core, warm, for as long as the block runs: by what finds faces.

    Args:
        warm_up: photos that every worker looks at before it is ready.

    Raises:
        FaceApiError: its packages or Node are not there, or it ends by itself.
    """
    with running_node(_SERVER, warm_up) as process:
        address = f"http://127.0.0.1:{next_line(process)['port']}/detect"
        processes = {"node": psutil.Process(process.pid)}
        yield {
            detector: Side(f"face-api.js, {detector}", f"{address}?detector={detector}", _HEADERS, processes)
            for detector in PeerDetector
        }
