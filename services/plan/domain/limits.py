"""What a cell and HQ bear at most, whatever machines they have, and what is full first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.common.streams import CLASSIFY, DETECT, FACES, PHOTOS, RECORD, RESULTS
from services.cost.domain.words import about
from services.plan.domain.estate import Estate
from services.plan.domain.figures import Figures
from services.plan.domain.needs import Demand, Pods, faces_bytes, result_bytes, work

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that does not grow by itself.

    Args:
        what: it is.
        bears: how much.
        used: how much of it the peak takes, as a share; more than 1: it does not suffice.
        remedy: what to do about it.
    """

    what: str
    bears: str
    used: float
    remedy: str


def cell_bears_per_s(estate: Estate, figures: Figures) -> float:
    """Photos a second that one cell bears with replicas busy no more than allowed: what its consumers hand out at once is bounded."""
    return figures.utilisation * min(_detects(estate, figures), _classifies(estate, figures))


def bounds(figures: Figures) -> dict[str, int]:
    """How many replicas the manifests allow, where an autoscaler chooses their number."""
    return {
        "ingest": figures.most_ingests, "detect": figures.most_detects, "classify": figures.most_classifies,
        "record": figures.most_records,
    }  # fmt: skip


def cell_limits(estate: Estate, figures: Figures, demand: Demand, pods: tuple[Pods, ...]) -> tuple[Limit, ...]:
    """Of a cell, the nearest to its end first.

    Args:
        pods: that it needs, some of them more than the manifests allow.
    """
    rate = demand.peak_per_s
    detects, classifies = _detects(estate, figures), _classifies(estate, figures)
    nats = _leader(estate, figures)
    return _sorted(
        Limit(
            "detects that get photos", f"{about(detects)} photos/s", rate / detects / figures.utilisation,
            "raise detect's max_unanswered, or split the region",
        ),
        Limit(
            "classifies that get faces", f"{about(classifies)} photos/s", rate / classifies / figures.utilisation,
            "raise classify's max_unanswered, or split the region",
        ),
        Limit("the streams' leader", f"{about(nats)} photos/s", rate / nats, "split the region"),
        _kept("RESULTS", estate, figures, demand.photos_per_day),
        *_allowed(figures, pods),
    )  # fmt: skip


def hq_limits(estate: Estate, figures: Figures, demand: Demand, pods: tuple[Pods, ...]) -> tuple[Limit, ...]:
    """Of HQ, the nearest to its end first.

    Args:
        pods: that it needs, some of them more than the manifests allow.
    """
    rate = demand.peak_per_s
    records = RECORD.max_unanswered / figures.record_pause_s
    postgres = _node_cores(estate, figures) * 1_000 / figures.record_cpu_ms * figures.utilisation
    nats = _leader(estate, figures, figures.hq_nats_share)
    return _sorted(
        Limit(
            "records that get results", f"{about(records)} photos/s", rate / records / figures.utilisation,
            "raise record's max_unanswered",
        ),
        Limit(
            "one primary Postgres on one node", f"{about(postgres)} photos/s", rate / postgres,
            "larger node; let the night catch up; split the database by region",
        ),
        Limit("the stream's leader", f"{about(nats)} photos/s", rate / nats, "an HQ for each part of the world"),
        _kept("RESULTS", estate, figures, demand.photos_per_day),
        *_allowed(figures, pods),
    )  # fmt: skip


def full_after_s(estate: Estate, figures: Figures, per_s: float) -> dict[str, float]:
    """After how long a stream is full when nobody reads it, seconds."""
    sizes = {
        PHOTOS: figures.photo_message_bytes,
        FACES: faces_bytes(estate, figures),
        RESULTS: result_bytes(estate, figures),
    }
    return {stream.name: stream.max_bytes / size / per_s for stream, size in sizes.items()}


def _kept(name: str, estate: Estate, figures: Figures, photos_per_day: float) -> Limit:
    """RESULTS keeps what was answered, for its time; if it is full sooner, nothing goes on."""
    assert RESULTS.max_age_s is not None
    days, wanted = full_after_s(estate, figures, photos_per_day / _DAY_S)[name] / _DAY_S, RESULTS.max_age_s / _DAY_S
    return Limit(
        f"{name}, which keeps {wanted:g} days",
        f"{about(days)} days",
        wanted / days,
        "raise its bytes, or keep it for less",
    )


def _allowed(figures: Figures, pods: tuple[Pods, ...]) -> Iterator[Limit]:
    """How many replicas the manifests allow: more are a matter of machines, but somebody has to write it down."""
    for one in pods:
        if one.scaled:
            most = bounds(figures)[one.service]
            addresses = ", with an address for each" if one.service == "ingest" else ""
            remedy = f"raise its maxReplicaCount in k8s/components/keda{addresses}"
            yield Limit(f"replicas of {one.service} by the manifests", f"{most} replicas", one.most / most, remedy)


def _detects(estate: Estate, figures: Figures) -> float:
    """Photos a second of as many detects as get photos, all busy."""
    return DETECT.max_unanswered // figures.detect_in_flight * 1_000 / work(estate, figures).detect


def _classifies(estate: Estate, figures: Figures) -> float:
    return CLASSIFY.max_unanswered // figures.classify_in_flight * 1_000 / work(estate, figures).classify


def _leader(estate: Estate, figures: Figures, share: float = 1) -> float:
    """Photos a second of a NATS server that has a node to itself: an upper bound, as one stream is not spread over all its cores."""
    return _node_cores(estate, figures) * 1_000 / figures.nats_cpu_ms / share * figures.utilisation


def _node_cores(estate: Estate, figures: Figures) -> float:
    return estate.node_cores - figures.reserved_cores


def _sorted(*limits: Limit) -> tuple[Limit, ...]:
    return tuple(sorted(limits, key=lambda one: -one.used))
