"""What plans are reckoned from: measured, set in the code, or assumed. Each says where it is from."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, get_args, get_type_hints

from services.cost.domain.assumptions import (
    CNN_CPU_MS,
    DEFAULTS,
    DETECT_CPU_MS,
    FACES_CPU_MS,
    GUESS,
    INGEST_CPU_MS,
    SERVERS_CPU_MS,
    Given,
)

MEASURED: Final = "Measured"
SET: Final = "Set in the code and the manifests"
ASSUMED: Final = "Assumed"
# All figures of docs/performance.md that are used here are of one machine, in November 2026.
_VM: Final = "on a shared 2-core x86-64 virtual machine with VNNI"
_FACES: Final = f"docs/performance.md, make bench-faces, {_VM}, in a slow hour, 1.8 faces a photo"
_CHAIN: Final = f"docs/performance.md, make bench-chain, {_VM}"
_CAMERAS: Final = f"docs/performance.md, make bench-cameras, {_VM}"
_BYTES: Final = "tests/unit/plan/test_figures.py, names as long as real ones"
_KEDA: Final = "k8s/components/keda"
_MINIO: Final = "k8s/components/minio"
_KUBERNETES: Final = "default of Kubernetes; not tried here"


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them. A core is one of the machine that was measured; a TB is 10^12 bytes."""

    ingest_cpu_ms: Annotated[
        float,
        Given(
            MEASURED,
            "ms",
            "CPU of ingest for a photo of 1 MB by FTPS",
            f"docs/performance.md, make bench-ingest, {_VM}",
        ),
    ] = INGEST_CPU_MS
    detect_cpu_ms: Annotated[float, Given(MEASURED, "ms", "CPU of detect for a photo of 1 MB", _FACES)] = DETECT_CPU_MS
    decode_cpu_ms: Annotated[
        float, Given(MEASURED, "ms", "of which decoding, which grows with the photo's bytes", _FACES)
    ] = 11.7
    cnn_cpu_ms: Annotated[float, Given(MEASURED, "ms", "of which the CNN, which a GPU takes over", _FACES)] = CNN_CPU_MS
    classify_cpu_ms: Annotated[float, Given(MEASURED, "ms", "CPU of classify for a photo", _FACES)] = round(
        FACES_CPU_MS - DETECT_CPU_MS, 1
    )
    store_cpu_ms: Annotated[
        float,
        Given(
            MEASURED,
            "ms",
            "CPU of SeaweedFS for a photo by S3, written and read once, in one copy; MinIO, which nobody measured, is taken to need as much",
            _CHAIN,
        ),
    ] = 10.6
    nats_cpu_ms: Annotated[float, Given(MEASURED, "ms", "CPU of NATS for a photo, in one copy", _CHAIN)] = (
        SERVERS_CPU_MS[1]
    )
    record_cpu_ms: Annotated[
        float,
        Given(
            MEASURED,
            "ms",
            "CPU of record and Postgres for a photo; taken for each of both, as nobody told them apart",
            _CHAIN,
        ),
    ] = SERVERS_CPU_MS[2]
    chain_s: Annotated[
        float, Given(MEASURED, "s", "From 226 to the row while nothing waits (p50, 5 photos a second)", _CHAIN)
    ] = 0.21
    ingest_mib: Annotated[
        float, Given(MEASURED, "MiB", "Memory of ingest with 10,000 cameras registered, without uploads", _CAMERAS)
    ] = 104
    faces_mib: Annotated[
        float,
        Given(
            MEASURED,
            "MiB",
            "Memory of detect, and of classify: of both in one process",
            f"docs/performance.md, make bench-soak, {_VM}",
        ),
    ] = 419
    nats_mib: Annotated[float, Given(MEASURED, "MiB", "Memory of NATS at 60 photos a second", _CHAIN)] = 54
    store_mib: Annotated[float, Given(MEASURED, "MiB", "Memory of SeaweedFS at 60 photos a second", _CHAIN)] = 348
    record_mib: Annotated[float, Given(MEASURED, "MiB", "Memory of record at 60 photos a second", _CHAIN)] = 64
    report_cores: Annotated[
        float,
        Given(
            MEASURED,
            "cores",
            "CPU of report while 50 managers browse",
            "docs/performance.md, make bench-reports, two quiet cores of such a machine",
        ),
    ] = 0.27
    photo_message_bytes: Annotated[float, Given(MEASURED, "bytes", "A message in PHOTOS", _BYTES)] = 264
    face_message_bytes: Annotated[
        float, Given(MEASURED, "bytes", "A face in FACES: its pixels and what is said of it", _BYTES)
    ] = 62_594 - 264
    result_bytes: Annotated[float, Given(MEASURED, "bytes", "A message in RESULTS, without its faces", _BYTES)] = 318
    result_face_bytes: Annotated[float, Given(MEASURED, "bytes", "A face in RESULTS", _BYTES)] = 94

    connections: Annotated[
        int, Given(SET, "connections", "Cameras that an ingest takes at once", "FACETALLY_INGEST_MAX_CONNECTIONS")
    ] = 4_000
    uploads: Annotated[
        int, Given(SET, "uploads", "Uploads that an ingest takes at once", "k8s/base/ingest/settings.env")
    ] = 48
    upload_mib: Annotated[
        float, Given(SET, "MiB", "Memory that an ingest sets aside for them", "FACETALLY_INGEST_UPLOAD_MEMORY_BYTES")
    ] = 512
    detect_in_flight: Annotated[
        int, Given(SET, "photos", "Photos that a detect holds at once", "FACETALLY_DETECT_PHOTOS_IN_FLIGHT")
    ] = 3
    classify_in_flight: Annotated[
        int, Given(SET, "photos", "Photos that a classify holds at once", "FACETALLY_CLASSIFY_MESSAGES_IN_FLIGHT")
    ] = 32
    record_batch: Annotated[
        int, Given(SET, "photos", "Photos that a record writes at once", "FACETALLY_RECORD_MAX_BATCH")
    ] = 200
    record_pause_s: Annotated[
        float, Given(SET, "s", "from one such batch to the next", "FACETALLY_RECORD_BATCH_PAUSE_S")
    ] = 0.25
    store_servers: Annotated[
        int, Given(SET, "servers", "Servers of the store, each on a node of its own; it grows by as many", _MINIO)
    ] = 4
    hq_store_gib: Annotated[
        float, Given(SET, "GiB", "A disk of HQ's store, for models and data sets", "k8s/overlays/hq/values.env")
    ] = 256
    postgres_instances: Annotated[
        int, Given(SET, "instances", "Copies of the database, the primary included", "k8s/components/postgres")
    ] = 3
    most_ingests: Annotated[
        int, Given(SET, "replicas", "Most ingests of a cell", f"{_KEDA}/ingest, maxReplicaCount")
    ] = 3
    most_detects: Annotated[int, Given(SET, "replicas", "Most detects of a cell", f"{_KEDA}, maxReplicaCount")] = 40
    most_classifies: Annotated[
        int, Given(SET, "replicas", "Most classifies of a cell", f"{_KEDA}, maxReplicaCount")
    ] = 20
    most_records: Annotated[int, Given(SET, "replicas", "Most records at HQ", f"{_KEDA}/record, maxReplicaCount")] = 6

    metric_s: Annotated[
        float,
        Given(SET, "s", "How often the autoscaler looks at what waits and who is busy", f"{_KEDA}, pollingInterval"),
    ] = 15
    waiting_s: Annotated[
        float,
        Given(SET, "s", "A replica's work that may wait; for more it wants another one", f"{_KEDA}, lagThreshold"),
    ] = 10
    busy_share: Annotated[
        float, Given(SET, "", "How busy replicas may be; for more it wants more of them", f"{_KEDA}, cpu")
    ] = 0.6
    double_s: Annotated[
        float, Given(SET, "s", "In which there may become twice as many replicas", f"{_KEDA}, scaleUp")
    ] = 30
    shrink_s: Annotated[float, Given(SET, "s", "Until replicas that nobody needs end", f"{_KEDA}, scaleDown")] = 300
    shrink_share: Annotated[float, Given(SET, "", "Of them that end in a minute at most", f"{_KEDA}, scaleDown")] = 0.25

    utilisation: Annotated[
        float, Given(ASSUMED, "", "How busy cores may be at the peak", f"facetally cost: {GUESS}")
    ] = DEFAULTS.utilisation
    spread: Annotated[
        float,
        Given(
            ASSUMED,
            "",
            "Standard deviation of a photo's CPU, as a share of its mean",
            f"{GUESS}: nobody measured it photo by photo; the mean of detect is 19.9 to 26.5 ms by the hour",
        ),
    ] = 0.3
    line_mbit: Annotated[float, Given(ASSUMED, "Mbit/s", "A shop's line", "the estate that facetally is built for")] = (
        50
    )
    hq_nats_share: Annotated[
        float,
        Given(ASSUMED, "", "HQ's share of the CPU that NATS takes for a photo: it carries one message of three", GUESS),
    ] = 1 / 3
    disk_full: Annotated[float, Given(ASSUMED, "", "How full disks of photos may be", f"facetally cost: {GUESS}")] = (
        0.75
    )
    disk_tb: Annotated[float, Given(ASSUMED, "TB", "A disk for photos", GUESS)] = 16
    disks_each: Annotated[int, Given(ASSUMED, "disks", "Most disks behind the volume of one store server", GUESS)] = 12
    reserved_cores: Annotated[
        float, Given(ASSUMED, "cores", "Of a node, for Kubernetes itself and its agents", GUESS)
    ] = 0.5
    reserved_gib: Annotated[float, Given(ASSUMED, "GiB", "Of a node, for the same", GUESS)] = 2
    memory_room: Annotated[
        float, Given(ASSUMED, "times", "Memory that is set aside for each byte that was measured", GUESS)
    ] = 1.5
    server_gib: Annotated[
        float, Given(ASSUMED, "GiB", "Memory set aside at least for NATS and for the store, for caches", GUESS)
    ] = 2
    postgres_gib: Annotated[float, Given(ASSUMED, "GiB", "Memory set aside for Postgres", GUESS)] = 8

    decide_s: Annotated[float, Given(ASSUMED, "s", "Until the autoscaler acts on what it has seen", _KUBERNETES)] = 15
    pod_start_s: Annotated[float, Given(ASSUMED, "s", "Until a pod runs on a node that is there", GUESS)] = 10
    model_load_s: Annotated[float, Given(ASSUMED, "s", "until it has loaded its models and is ready", GUESS)] = 10
    node_start_s: Annotated[float, Given(ASSUMED, "s", "Until a rented node is there", GUESS)] = 150
    node_lost_s: Annotated[
        float, Given(ASSUMED, "s", "Until the pods of a dead node are started elsewhere: 40 s and 300 s", _KUBERNETES)
    ] = 340
    idle_node_s: Annotated[
        float,
        Given(
            ASSUMED,
            "s",
            "Until a rented node that nobody needs ends",
            "default of its cluster autoscaler; not tried here",
        ),
    ] = 600
    link_mbit: Annotated[float, Given(ASSUMED, "Mbit/s", "The line of a cell to HQ", GUESS)] = 100


_HINTS: Final[dict[str, Any]] = get_type_hints(Figures, include_extras=True)
KNOWN: Final[dict[str, Given]] = {field.name: get_args(_HINTS[field.name])[1] for field in fields(Figures)}
FIGURES: Final = Figures()
