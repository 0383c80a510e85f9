"""What a run is to do, and its files. The command writes it, the load generator reads it: they are two processes."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

# Cameras send a photo every so often, on average: a rate is so many cameras.
PERIOD_S: Final = 5.0


class Scenario(StrEnum):
    """How the rate changes while a run lasts."""

    FLAT = "flat"
    DAY = "day"
    PEAK = "peak"
    RAMP = "ramp"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run must keep to.

    Args:
        failed_share: of uploads, and of requests of readers and Face API clients.
        answer_p99_s: from the first command of an upload until 226, 99 of 100.
        row_p99_s: from 226 until the result's row is in Postgres, 99 of 100.
    """

    failed_share: float = 0.001
    answer_p99_s: float = 2.0
    row_p99_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Args:
        rate: photos a second: the mean of a day, the rate beside a peak, four steps of a ramp.
        minutes: the run's length, at most.
        folder: of the run, for what is recorded.
        photos: folder of the photos to send.
        logins: CSV file of `camera,login,secret` and, where it is known, `time_zone`.
        knows_rows: photos are to be found in a database afterwards, and so must be named.
        face_api_url: of a Face API; empty: it gets no requests.
        face_api_rate: requests a second.
        report_url: of the reports; empty: nobody reads.
        readers: people who browse.
        reader: their e-mail.
    """

    scenario: Scenario
    rate: float
    minutes: float
    folder: Path
    photos: Path
    host: str
    port: int
    logins: Path
    knows_rows: bool = False
    face_api_url: str = ""
    face_api_rate: float = 1.0
    report_url: str = ""
    readers: int = 0
    reader: str = ""
    limits: Limits = Limits()

    @property
    def seconds(self) -> float:
        """The run's length, at most."""
        return self.minutes * 60

    def write(self) -> Path:
        """Write it into the run's folder; where it is."""
        path = self.folder / "plan.json"
        path.write_text(json.dumps(asdict(self), default=str, indent=2))
        return path


def read_plan(path: Path) -> Plan:
    """What `Plan.write` has written.

    Raises:
        OSError: there is none.
    """
    values = json.loads(path.read_text())
    values |= {name: Path(values[name]) for name in ("folder", "photos", "logins")}
    return Plan(**(values | {"scenario": Scenario(values["scenario"]), "limits": Limits(**values["limits"])}))
