"""What runs on one machine: programs, their ports and environments, and when to start a dead one again. Pure."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ReadyProbe = Callable[[], Awaitable[bool]]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
_SETTLED_S = 60.0
INTERNAL_PORTS = 60


@dataclass(frozen=True, slots=True)
class Program:
    """A child process: how to start it, how to know that it works, how to end it.

    Args:
        name: unique; names the log too.
        command: program and arguments.
        ready: whether it answers now; None for a program that runs to its end.
        environment: all of it; nothing is inherited but what is in here.
        as_user: a command that runs the rest as another user, for a program that refuses to be root.
        patient: when it has something to do it waits until the others have had their turns on the cores. While there is less to
            do than the machine can, that makes no difference; under load, few long turns cost less than many short ones.
    """

    name: str
    command: tuple[str, ...]
    ready: ReadyProbe | None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    as_user: tuple[str, ...] = ()
    patient: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 25.0
    ready_within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of the machine's process tree."""

    ftp: int
    report: int
    face_api: int
    nats: int
    nats_monitor: int
    postgres: int
    s3: int
    weed: Mapping[str, int]
    health: Mapping[str, int]

    def all(self) -> dict[str, int]:
        """Port by what listens there, in words."""
        named = {"FTP": self.ftp, "the report pages": self.report, "the face API": self.face_api}
        named |= {"NATS": self.nats, "NATS monitoring": self.nats_monitor, "Postgres": self.postgres, "S3": self.s3}
        named |= {f"SeaweedFS {part}": port for part, port in self.weed.items()}
        return named | {f"the health of {service}": port for service, port in self.health.items()}


WEED_PARTS = (
    "master",
    "master.grpc",
    "volume",
    "volume.grpc",
    "filer",
    "filer.grpc",
    "s3.grpc",
    "admin",
    "admin.grpc",
)


def plan_ports(
    ftp: int, report: int, face_api: int, first: int, detect_workers: int, *, separate: bool = True
) -> Ports:
    """Deal the internal ports out, always in the same order.

    Args:
        ftp: this one and the next two are as they were chosen.
        report: of the pages.
        face_api: of its HTTP.
        first: of the internal ports.
        detect_workers: how many there are.
        separate: classify is a process of its own; where it is not its port stays free, so that all others are the same.

    Raises:
        ValueError: there are more programs than internal ports.
    """
    health = ["ingest", *detect_names(detect_workers), "classify", "record", "report", "faceapi"]
    if 4 + len(WEED_PARTS) + len(health) > INTERNAL_PORTS:
        raise ValueError(f"{detect_workers} detect workers are more than {INTERNAL_PORTS} internal ports allow")
    weed_first = first + 4
    health_first = weed_first + len(WEED_PARTS)
    return Ports(
        ftp=ftp,
        report=report,
        face_api=face_api,
        nats=first,
        nats_monitor=first + 1,
        postgres=first + 2,
        s3=first + 3,
        weed={part: weed_first + i for i, part in enumerate(WEED_PARTS)},
        health={service: health_first + i for i, service in enumerate(health) if separate or service != "classify"},
    )


def detect_names(workers: int) -> list[str]:
    """Names of the detect processes: detect-1, detect-2 ..."""
    return [f"detect-{i + 1}" for i in range(workers)]


def service_environment(prefix: str, values: Mapping[str, object]) -> dict[str, str]:
    """Settings as environment variables: {"nats": {"url": u}} becomes FACETALLY_<PREFIX>_NATS__URL=u."""
    flat: dict[str, str] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{path}__{key}" if path else str(key), inner)
        elif value is not None:
            flat[f"FACETALLY_{prefix}_{path}".upper()] = str(value)

    walk("", values)
    return flat


def environment_file(environment: Mapping[str, str]) -> str:
    """Environment variables as a file that dotenv and a shell read.

    Raises:
        ValueError: a value has a quote in it.
    """
    for name, value in environment.items():
        if "'" in value or "\n" in value:
            raise ValueError(f"{name} cannot be written into a file")
    return "".join(f"{name}='{value}'\n" for name, value in environment.items())


def has_settled(ran_s: float) -> bool:
    """Whether a program ran long enough before it died not to be in a crash loop."""
    return ran_s >= _SETTLED_S


def restart_pause_s(early_deaths: int) -> float:
    """How long to wait before a dead program is started again: twice as long after each early death in a row."""
    return min(_FIRST_PAUSE_S * 2.0 ** min(max(early_deaths - 1, 0), 10), _LONGEST_PAUSE_S)
