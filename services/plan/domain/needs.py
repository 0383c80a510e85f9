"""What a load needs: replicas of each service, and what each of them needs. Pure."""

import math
from dataclasses import dataclass
from typing import Final

from services.common.streams import GIB, STREAMS
from services.plan.domain.estate import ZONES, Estate
from services.plan.domain.figures import Figures
from services.plan.domain.queueing import wait_s

_MIB_A_GIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Pods:
    """The replicas of a service.

    Args:
        usual: on an ordinary day, at its busiest.
        most: at the peak, spare ones included.
        cores: that each needs, busy no more than allowed.
        gib: memory that each needs.
        disk_tb: of each.
        wait_ms: mean wait for a replica at the peak by queueing theory; None where nothing queues.
        scaled: whether an autoscaler chooses their number.
    """

    service: str
    usual: int
    most: int
    cores: float
    gib: float
    disk_tb: float = 0
    wait_ms: float | None = None
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes to a cell or to HQ.

    Args:
        usual_per_s: photos a second of an ordinary day, at its busiest.
        peak_per_s: at the peak.
        photos_per_day: of an ordinary day.
        shops: whose cameras connect.
    """

    usual_per_s: float
    peak_per_s: float
    photos_per_day: float
    shops: float


@dataclass(frozen=True, slots=True)
class Work:
    """CPU milliseconds that a photo takes of each service, its size and a GPU considered."""

    ingest: float
    detect: float
    classify: float
    store: float


def work(estate: Estate, figures: Figures) -> Work:
    """What a photo takes. One smaller than those that were measured is taken to cost as much."""
    size = max(1.0, estate.photo_mb)
    on_gpu = estate.gpu_photos_per_s > 0
    return Work(
        ingest=figures.ingest_cpu_ms * size,
        detect=figures.detect_cpu_ms + figures.decode_cpu_ms * (size - 1) - (figures.cnn_cpu_ms if on_gpu else 0),
        # What is left when a GPU has the nets was not measured.
        classify=1.0 if on_gpu else figures.classify_cpu_ms,
        store=figures.store_cpu_ms * size * estate.photo_copies,
    )


def cell_pods(estate: Estate, figures: Figures, demand: Demand) -> tuple[Pods, ...]:
    """What a cell needs: cameras in, results out."""
    cpu = work(estate, figures)
    model_gib = _gib(figures, figures.faces_mib)
    return (
        _ingest(estate, figures, demand, cpu),
        _scaled("detect", estate, figures, demand, cpu.detect, model_gib),
        _scaled("classify", estate, figures, demand, cpu.classify, model_gib),
        _store(estate, figures, demand, cpu),
        _nats(estate, figures, demand, 1),
    )


def hq_pods(estate: Estate, figures: Figures, demand: Demand, database_tb: float) -> tuple[Pods, ...]:
    """What HQ needs: results in, reports out, and models for the questions of programs and installers."""
    cpu_s, model_gib = figures.record_cpu_ms / 1_000, _gib(figures, figures.faces_mib)
    busy = demand.peak_per_s * cpu_s / figures.utilisation
    least, databases = 1 + (estate.spare_nodes > 0), figures.postgres_instances
    by_batches = figures.record_batch / figures.record_pause_s * figures.utilisation
    replicas = (math.ceil(rate / by_batches) for rate in (demand.usual_per_s, demand.peak_per_s))
    usual, most = (_spared(estate, max(number, 1)) for number in replicas)
    return (
        Pods("record", usual, most, _some(busy / most), _gib(figures, figures.record_mib), scaled=True),
        Pods("postgres", databases, databases, _some(busy), figures.postgres_gib, database_tb),
        _models_store(estate, figures),
        _nats(estate, figures, demand, figures.hq_nats_share),
        Pods("report", least, least, _some(figures.report_cores), 1),
        Pods("faceapi", least, least, 1, 1),
        Pods("detect", least, least, 1, model_gib),
        Pods("classify", least, least, 1, model_gib),
    )


def _ingest(estate: Estate, figures: Figures, demand: Demand, cpu: Work) -> Pods:
    """An ingest is one event loop on one core, and bounds connections and uploads."""

    def number(per_s: float) -> int:
        uploads_at_once = per_s * estate.photo_mb * 8 / figures.line_mbit
        return math.ceil(
            max(
                per_s * cpu.ingest / 1_000 / figures.utilisation,
                # All cameras stay connected.
                demand.shops * estate.cameras / figures.connections,
                uploads_at_once / figures.uploads / figures.utilisation,
            )
        )

    usual, most = (_spared(estate, max(1, number(per_s))) for per_s in (demand.usual_per_s, demand.peak_per_s))
    memory = (figures.ingest_mib * figures.memory_room + figures.upload_mib) / _MIB_A_GIB
    wait = wait_s(demand.peak_per_s / most, cpu.ingest / 1_000, figures.spread, 1)
    # Cameras hold on to the ingest that they are connected to, so that their number is that of the peak.
    return Pods("ingest", max(usual, most), most, 1, memory, wait_ms=1_000 * wait, scaled=True)


def _scaled(service: str, estate: Estate, figures: Figures, demand: Demand, cpu_ms: float, gib: float) -> Pods:
    """A replica does one photo after the other on one core."""
    usual, most = (
        _spared(estate, max(1, math.ceil(per_s * cpu_ms / 1_000 / figures.utilisation)))
        for per_s in (demand.usual_per_s, demand.peak_per_s)
    )
    wait = wait_s(demand.peak_per_s, cpu_ms / 1_000, figures.spread, most)
    return Pods(service, usual, most, 1, gib, wait_ms=1_000 * wait, scaled=True)


def _store(estate: Estate, figures: Figures, demand: Demand, cpu: Work) -> Pods:
    """Servers of photos: as many as disks and cores ask for."""
    tb = photos_tb(estate, figures, demand.photos_per_day)
    busy = demand.peak_per_s * cpu.store / 1_000 / figures.utilisation
    wanted = max(
        math.ceil(tb / figures.disk_tb / figures.disks_each),
        # None of them may want more than half of a node.
        math.ceil(busy / (estate.node_cores / 2)),
    )
    each = _servers_each(estate, figures)
    number = each * math.ceil(wanted / each)
    return Pods("store", number, number, _some(busy / number), _store_gib(figures), disk_tb=tb / number)


def _models_store(estate: Estate, figures: Figures) -> Pods:
    """Servers of models and data sets, where there are no photos: as many as copies ask for."""
    number = _servers_each(estate, figures)
    return Pods("store", number, number, _some(0), _store_gib(figures), disk_tb=figures.hq_store_gib * GIB / 1e12)


def _servers_each(estate: Estate, figures: Figures) -> int:
    """Erasure coding is over a set of servers, and more capacity is another set."""
    return figures.store_servers if estate.photo_copies > 1 else 1


def _store_gib(figures: Figures) -> float:
    return max(figures.server_gib, _gib(figures, figures.store_mib))


def _nats(estate: Estate, figures: Figures, demand: Demand, share: float) -> Pods:
    """A stream's leader takes every message, and sends it to the others, which take as much at most."""
    busy = demand.peak_per_s * figures.nats_cpu_ms * share / 1_000 / figures.utilisation
    number = estate.stream_copies
    disk_tb = sum(stream.max_bytes for stream in STREAMS) / 1e12
    return Pods("nats", number, number, _some(busy), max(figures.server_gib, _gib(figures, figures.nats_mib)), disk_tb)


def photos_tb(estate: Estate, figures: Figures, photos_per_day: float) -> float:
    """Disk for the photos of so many ordinary days, copies and room included, TB."""
    kept = photos_per_day * estate.days_kept * estate.photo_mb / 1e6
    return kept * estate.photo_copies / figures.disk_full


def _spared(estate: Estate, number: int) -> int:
    """So many that what is left bears the load: one more zone's share, or one more for a node."""
    if estate.spare_zone:
        return ZONES * math.ceil(number / (ZONES - 1))
    return max(number, 2) if estate.spare_nodes else number


def _some(cores: float) -> float:
    """A request for CPU, in steps of a quarter of a core."""
    return max(0.25, math.ceil(cores * 4) / 4)


def _gib(figures: Figures, mib: float) -> float:
    return mib * figures.memory_room / _MIB_A_GIB


def result_bytes(estate: Estate, figures: Figures) -> float:
    """A message in RESULTS."""
    return figures.result_bytes + estate.faces * figures.result_face_bytes


def faces_bytes(estate: Estate, figures: Figures) -> float:
    """A message in FACES."""
    return figures.photo_message_bytes + estate.faces * figures.face_message_bytes


def stream_gib(name: str) -> float:
    """What a stream may hold, GiB."""
    (stream,) = (stream for stream in STREAMS if stream.name == name)
    return stream.max_bytes / GIB
