"""What a run records, as files in its folder: a report can be made of them at any time."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from loadtest.figures import Recorded, Request, Rows, Sample

_BEGAN: Final = "began.json"
_REQUESTS: Final = "requests.csv"
_SAMPLES: Final = "samples.csv"
_ROWS: Final = "rows.json"


class RequestsFile:
    """Where the load generator writes what became of each request, line by line: it may be killed."""

    def __init__(self, folder: Path) -> None:
        self._file: TextIO = (folder / _REQUESTS).open("w", buffering=1, newline="")
        self._writer = csv.writer(self._file)

    def add(self, request: Request) -> None:
        """Write one."""
        self._writer.writerow(
            (
                f"{request.ended_at:.4f}",
                request.kind,
                request.name,
                f"{request.took_ms:.2f}",
                request.failure,
                request.photo_id,
            )
        )

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def write_beginning(folder: Path, began_at: float) -> None:
    """When it began, in seconds since 1970."""
    (folder / _BEGAN).write_text(json.dumps({"began_at": began_at}))


def write_samples(folder: Path, samples: Iterable[Sample]) -> None:
    """What was seen beside it."""
    with (folder / _SAMPLES).open("w", newline="") as file:
        csv.writer(file).writerows((f"{s.at:.3f}", s.kind, s.name, f"{s.value:.4g}") for s in samples)


def write_rows(folder: Path, rows: Rows) -> None:
    """When photos' results came."""
    (folder / _ROWS).write_text(json.dumps({"read_until": rows.read_until, "at": dict(rows.at)}))


def read_requests(folder: Path) -> list[Request]:
    """What became of each request; nothing where there was none."""
    return [
        Request(float(at), kind, name, float(took_ms), failure, photo_id)
        for at, kind, name, took_ms, failure, photo_id in _lines(folder / _REQUESTS)
    ]


def read_recorded(folder: Path) -> Recorded | None:
    """All of it; None where nothing had begun."""
    if not (folder / _BEGAN).exists():
        return None
    samples = [Sample(float(at), kind, name, float(value)) for at, kind, name, value in _lines(folder / _SAMPLES)]
    rows = None
    if (folder / _ROWS).exists():
        values = json.loads((folder / _ROWS).read_text())
        rows = Rows(values["at"], values["read_until"])
    began_at = json.loads((folder / _BEGAN).read_text())["began_at"]
    # Whoever begins again on Locust's pages gets the report of the last time.
    requests = [request for request in read_requests(folder) if request.ended_at >= began_at]
    return Recorded(began_at, requests, samples, rows)


def _lines(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.reader(file))
