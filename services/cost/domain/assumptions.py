"""What the cost of an estate is reckoned from. Each is an option of the command, and says where its default is from."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, get_args, get_type_hints

from services.cost.domain.row_bytes import FACE_BYTES, PHOTO_BYTES

# Prices were looked up in November 2026; each source says of when the price is.
GUESS: Final = "a guess"
_ESTATE: Final = "the estate that facetally is built for"
_MEASURED: Final = "docs/performance.md, November 2026"
_AWS: Final = "AWS's list for us-east-1"

# docs/performance.md: a photo and its faces, and an upload by FTPS, kept and announced.
FACES_CPU_MS: Final = 39.9
INGEST_CPU_MS: Final = 3.28
# docs/performance.md, the whole chain with classify as a process of its own: SeaweedFS, NATS, record and Postgres.
SERVERS_CPU_MS: Final = (3.6, 2.2, 0.8)
# docs/performance.md: the CNN in 8 bits, and a photo and its faces without detection.
CNN_CPU_MS: Final = 11.3
DETECT_CPU_MS: Final = 26.5


class AssumptionError(ValueError):
    """A value that nothing can be reckoned from.

    Args:
        name: of the assumption.
        message: what it must be.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of an assumption.

    Args:
        group: the heading it stands under.
        unit: of its value.
        what: what it says.
        source: where its default is from, and of when.
        least: the least that can be reckoned with.
        most: the most that can be.
    """

    group: str
    unit: str
    what: str
    source: str
    least: float = 0
    most: float = 1e12


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All of them. A month has 30 days, a TB is 10^12 bytes, money is in US dollars.

    Raises:
        AssumptionError: one is out of range.
    """

    photos_per_month: Annotated[
        float,
        Given("Load", "photos", "Photos a month: 1,000 shops of 5,000 customers a day, a photo each", _ESTATE, least=1),
    ] = 150e6
    peak: Annotated[
        float, Given("Load", "times", "Load to be ready for, in times the month's mean; holidays: 5", GUESS, least=1)
    ] = 2
    photo_mb: Annotated[float, Given("Load", "MB", "Size of a photo", _ESTATE, least=0.001)] = 1
    faces_per_photo: Annotated[float, Given("Load", "faces", "Faces on a photo that are kept", _ESTATE)] = 1
    shops: Annotated[int, Given("Load", "shops", "Shops, for their tallies", _ESTATE)] = 1_000

    services_cpu_ms: Annotated[
        float,
        Given(
            "Machines",
            "ms",
            "CPU of ingest, detect and classify for a photo, of one core of the machine that was measured, 1.8 faces",
            f"{_MEASURED}: {FACES_CPU_MS} and, by FTPS, {INGEST_CPU_MS}",
            least=0.001,
        ),
    ] = round(FACES_CPU_MS + INGEST_CPU_MS, 1)
    servers_cpu_ms: Annotated[
        float,
        Given(
            "Machines",
            "ms",
            "CPU of the photo store, NATS, record and Postgres for a photo",
            f"{_MEASURED}: {SERVERS_CPU_MS[0]}, {SERVERS_CPU_MS[1]} and {SERVERS_CPU_MS[2]}, photos written past S3",
        ),
    ] = round(sum(SERVERS_CPU_MS), 1)
    utilisation: Annotated[
        float, Given("Machines", "", "How busy cores may be at the peak", GUESS, least=0.01, most=1)
    ] = 0.6
    server_cores: Annotated[
        int, Given("Machines", "cores", "Cores of a server of your own, each like the one measured", GUESS, least=1)
    ] = 32
    server_usd: Annotated[float, Given("Machines", "$", "Price of such a server", GUESS)] = 10_000
    server_years: Annotated[float, Given("Machines", "years", "For how long it serves", GUESS, least=0.1)] = 4
    server_watts: Annotated[float, Given("Machines", "W", "What it draws", GUESS)] = 300
    spare_servers: Annotated[
        int, Given("Machines", "servers", "Servers more than needed, for when one fails", GUESS)
    ] = 1
    core_hour_usd: Annotated[
        float,
        Given(
            "Machines",
            "$",
            "An hour of a rented core (vCPU), rented all the time",
            "0.041 to 0.043 rounded up: m7g.large, factualminds.com, 17 June 2026; c5.2xlarge, an example in AWS's documentation",
        ),
    ] = 0.05

    photos_kept_days: Annotated[
        int,
        Given(
            "Photos",
            "days",
            "For how long photos are kept; 0: until they have been looked at",
            "the default of facetally",
        ),
    ] = 30
    disk_overhead: Annotated[
        float,
        Given(
            "Photos", "times", "Disk for each byte kept: 8+4 erasure coding, disks three quarters full", GUESS, least=1
        ),
    ] = 2
    disk_tb_usd: Annotated[
        float,
        Given(
            "Photos",
            "$",
            "A month of a TB of disk of your own, with its share of a server",
            f"{GUESS}; disks cost over 20 euros a TB, and rise (PC Games Hardware, by archyde.com, undated), here over 4 years, "
            "twice for the server, and rounded up",
        ),
    ] = 1.5
    disk_tb_watts: Annotated[
        float, Given("Photos", "W", "What a TB of disk draws, with its share of a server", GUESS)
    ] = 1
    object_tb_usd: Annotated[
        float,
        Given(
            "Photos",
            "$",
            "A month of a TB in a rented object store",
            f"{_AWS}, S3 Standard's first 50 TB: cloudburn.io, 13 March 2026; others ask 5 to 6 (softwarepeeks.com, May 2026)",
        ),
    ] = 23
    object_requests_usd: Annotated[
        float,
        Given(
            "Photos",
            "$",
            "A PUT and a GET each of a million photos in a rented object store",
            f"{_AWS}: 5.00 and 0.40, c3x.dev and awsi.click, seen November 2026",
        ),
    ] = 5.4
    doubt_share: Annotated[
        float,
        Given(
            "Photos",
            "",
            "Photos with a face in doubt",
            f"{GUESS}, until your own facetally_detect_face_quality_total says",
            most=1,
        ),
    ] = 0.1
    smaller_share: Annotated[
        float, Given("Photos", "", "Size of a photo that is encoded anew", GUESS, least=0.01, most=1)
    ] = 0.5

    results_kept_days: Annotated[
        int, Given("Results", "days", "For how long results are kept photo by photo", "the default of facetally")
    ] = 365
    tallies_kept_days: Annotated[
        int, Given("Results", "days", "For how long tallies are kept", "the default of facetally")
    ] = 1095
    photo_bytes: Annotated[
        float,
        Given("Results", "bytes", "A photo in Postgres, with its indexes", "measured, November 2026: docs/cost.md"),
    ] = PHOTO_BYTES
    face_bytes: Annotated[
        float,
        Given("Results", "bytes", "A face in Postgres, with its indexes", "measured, November 2026: docs/cost.md"),
    ] = FACE_BYTES
    tallies_mb: Annotated[
        float,
        Given("Results", "MB", "A shop's tallies of a year", f"{_MEASURED}: a year of 1,000 shops takes 11.4 GB"),
    ] = 11.4
    database_copies: Annotated[
        float, Given("Results", "times", "Copies of the database, a standby included", GUESS, least=1)
    ] = 2
    ssd_tb_usd: Annotated[
        float, Given("Results", "$", "A month of a TB of SSD of your own", f"{GUESS}; 300 a TB over 4 years")
    ] = 6
    block_tb_usd: Annotated[
        float, Given("Results", "$", "A month of a TB of rented SSD", f"{GUESS}; about AWS's gp3, not looked up")
    ] = 80

    kwh_usd: Annotated[
        float,
        Given(
            "Power, room and network",
            "$",
            "A kilowatt-hour",
            "Eurostat, businesses in the EU in the first half of 2025: 19.02 euro cents (29 October 2025), at 1.15",
        ),
    ] = 0.22
    power_overhead: Annotated[
        float,
        Given(
            "Power, room and network",
            "times",
            "Power for each watt of a machine, for cooling and losses",
            GUESS,
            least=1,
        ),
    ] = 1.5
    room_kw_usd: Annotated[
        float,
        Given(
            "Power, room and network",
            "$",
            "A month of room for a kilowatt of machines, without its electricity",
            "CBRE, North America in the second half of 2025, for 250 kW and more: 195.94, by worldstopdatacenters.com",
        ),
    ] = 196
    mbit_usd: Annotated[
        float,
        Given(
            "Power, room and network",
            "$",
            "A month of a megabit a second of line into your own room, at the peak; taking in costs nothing in a cloud",
            f"{GUESS}; half of what TeleGeography found in London in 2015",
        ),
    ] = 0.5

    face_api_usd: Annotated[
        float,
        Given(
            "Beside it",
            "$",
            "The cloud's face API for 1,000 photos, and nothing but that",
            "$90,000 for 150 million, from the design that facetally replaces; not looked up anew",
            least=0.0001,
        ),
    ] = 0.6
    gpu_hour_usd: Annotated[
        float, Given("Beside it", "$", "An hour of a rented GPU", f"{_AWS}, g5.xlarge: factualminds.com, 17 June 2026")
    ] = 1.006
    gpu_cpu_ms: Annotated[
        float,
        Given(
            "Beside it",
            "ms",
            "CPU for a photo that a GPU could take over at most: the nets",
            f"{_MEASURED}; how fast a GPU is with them was not measured",
        ),
    ] = round(CNN_CPU_MS + FACES_CPU_MS - DETECT_CPU_MS, 1)
    other_usd: Annotated[
        float,
        Given("Beside it", "$", "What else it costs a month: people, backups, the shops' lines", "a blank"),
    ] = 0

    def __post_init__(self) -> None:
        for name, given in GIVEN.items():
            value = getattr(self, name)
            if math.isnan(value):
                raise AssumptionError(name, "must be a number")
            if value < given.least:
                raise AssumptionError(name, f"must be {given.least:g} or more")
            if value > given.most:
                raise AssumptionError(name, f"must be {given.most:g} or less")


_HINTS: Final[dict[str, Any]] = get_type_hints(Assumptions, include_extras=True)
# By name, in the order of the class: what is known of each, and which kind of number it is.
GIVEN: Final[dict[str, Given]] = {field.name: get_args(_HINTS[field.name])[1] for field in fields(Assumptions)}
KINDS: Final[dict[str, type]] = {field.name: get_args(_HINTS[field.name])[0] for field in fields(Assumptions)}
DEFAULTS: Final = Assumptions()


def option(name: str) -> str:
    """The command's option for an assumption."""
    return "--" + name.replace("_", "-")
