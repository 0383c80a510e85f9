"""Each figure is what its source says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from facetally.v1 import face_pb2, photo_pb2

from models.preprocess import CHIP_BYTES
from services.classify.settings import ClassifySettings
from services.cost.domain.assumptions import DEFAULTS
from services.detect.settings import DetectSettings
from services.ingest.settings import IngestSettings
from services.plan.domain.estate import Estate
from services.plan.domain.figures import ASSUMED, FIGURES, KNOWN, MEASURED
from services.plan.domain.limits import bounds
from services.record.settings import RecordSettings

ROOT = Path(__file__).parents[3]
PERFORMANCE = (ROOT / "docs/performance.md").read_text()


def row(name: str) -> list[float]:
    """The figures of a row of docs/performance.md."""
    (line,) = (line for line in PERFORMANCE.splitlines() if line.startswith(f"| {name} |"))
    return [float(figure) for figure in re.findall(r"\d+(?:\.\d+)?", line.removeprefix(f"| {name} |"))]


def manifest(component: str, kind: str, name: str) -> dict[str, Any]:
    """What the manifests say of something, in whichever file of the component it is."""
    files = (ROOT / "k8s/components" / component).rglob("*.yaml")
    documents = [one for file in files for one in yaml.safe_load_all(file.read_text()) if one]
    (spec,) = (one["spec"] for one in documents if (one["kind"], one.get("metadata", {}).get("name")) == (kind, name))
    return dict(spec)


def photo() -> photo_pb2.Photo:
    key = "photos/north-america/san-francisco-12/2026/11/29/san-francisco-12-exit-2/101112123-" + "a" * 32 + ".jpg"
    message = photo_pb2.Photo(
        photo_id="a" * 32, region_id="north-america", shop_id="san-francisco-12", camera_id="san-francisco-12-exit-2",
        object_key=key, size_bytes=1_000_000, time_source=photo_pb2.TIME_SOURCE_PATH,
    )  # fmt: skip
    for moment in (message.captured_at, message.received_at, message.stamped_at):
        moment.FromDatetime(datetime(2026, 11, 29, 10, 11, 12, 123_456, tzinfo=UTC))
    return message


def test_messages_are_as_large_as_is_said() -> None:
    box = face_pb2.Box(left=800, top=400, width=220, height=220)
    points = [face_pb2.Point(x=1.5, y=2.5)] * 5
    seen = face_pb2.DetectedFace(
        box=box, score=0.9, points=points, eye_distance_px=90, chip_rgb=bytes(CHIP_BYTES), quality=face_pb2.FACE_QUALITY_GOOD,
        quality_reason=face_pb2.QUALITY_REASON_NONE,
    )  # fmt: skip
    emotion = face_pb2.EmotionProbabilities(
        neutral=0.4, happiness=0.1, surprise=0.1, sadness=0.1, anger=0.1, disgust=0.1, fear=0.1
    )
    said = face_pb2.ClassifiedFace(
        box=box, score=0.9, eye_distance_px=90, age_years=33, gender=face_pb2.GenderProbabilities(female=0.4, male=0.6),
        emotion=emotion, quality=face_pb2.FACE_QUALITY_GOOD, quality_reason=face_pb2.QUALITY_REASON_NONE,
        age_low_years=20, age_high_years=40,
    )  # fmt: skip
    result = face_pb2.FacesClassified(
        photo=photo(), outcome=face_pb2.PHOTO_OUTCOME_FACES, width_px=1920, height_px=1080,
        detector_version="dlib-mmod-int8-1", classifier_version="face-api-1.7.15-balanced-1",
    )  # fmt: skip
    assert len(photo_pb2.PhotoStored(photo=photo()).SerializeToString()) == pytest.approx(
        FIGURES.photo_message_bytes, rel=0.1
    )
    assert len(face_pb2.FacesDetected(faces=[seen]).SerializeToString()) == pytest.approx(
        FIGURES.face_message_bytes, rel=0.01
    )
    assert len(result.SerializeToString()) == pytest.approx(FIGURES.result_bytes, rel=0.1)
    assert len(face_pb2.FacesClassified(faces=[said]).SerializeToString()) == pytest.approx(
        FIGURES.result_face_bytes, rel=0.1
    )


def test_what_is_measured_is_what_the_page_on_performance_says() -> None:
    # The figures that are cost's as well are compared by its own tests.
    assert row("decode, at half size") == [FIGURES.decode_cpu_ms]
    assert row("RSS with 200 connected by TLS, after that") == [200, FIGURES.ingest_mib][1:]
    assert row("record writes four times a second, and not for each photo")[0] == FIGURES.store_cpu_ms
    assert row("NATS")[-1] == FIGURES.nats_mib
    assert row("SeaweedFS")[-1] == FIGURES.store_mib
    assert row("Postgres, record")[-1] == FIGURES.record_mib
    assert row("CPU while they browse, report / Postgres")[0] / 100 == FIGURES.report_cores
    assert row("5 photos a second for a minute, 226 to row, p50 / p99")[1] == FIGURES.chain_s
    assert f"{FIGURES.faces_mib:g} MiB after 5,000" in PERFORMANCE


def test_what_is_set_in_the_code_is_the_services_own_default() -> None:
    ingest, detect, classify, record = (
        one.model_fields for one in (IngestSettings, DetectSettings, ClassifySettings, RecordSettings)
    )
    assert FIGURES.connections == ingest["max_connections"].default
    assert FIGURES.upload_mib == ingest["upload_memory_bytes"].default / 2**20
    assert FIGURES.detect_in_flight == detect["photos_in_flight"].default
    assert FIGURES.classify_in_flight == classify["messages_in_flight"].default
    assert FIGURES.record_batch == record["max_batch"].default
    assert FIGURES.record_pause_s == record["batch_pause_s"].default


def test_bounds_are_those_of_the_manifests() -> None:
    allowed = {service: manifest("keda", "ScaledObject", service)["maxReplicaCount"] for service in bounds(FIGURES)}
    assert bounds(FIGURES) == allowed
    assert manifest("keda", "ScaledObject", "ingest")["minReplicaCount"] == 2
    settings = (ROOT / "k8s/base/ingest/settings.env").read_text().splitlines()
    assert f"FACETALLY_INGEST_MAX_UPLOADS={FIGURES.uploads}" in settings
    assert not [line for line in settings if re.match("FACETALLY_INGEST_(MAX_CONNECTIONS|UPLOAD_MEMORY_BYTES)=", line)]


def test_copies_are_those_of_the_manifests() -> None:
    minio = manifest("minio", "StatefulSet", "minio")
    (container,) = minio["template"]["spec"]["containers"]
    (parity,) = (one["value"] for one in container["env"] if one["name"] == "MINIO_STORAGE_CLASS_STANDARD")
    assert minio["replicas"] == FIGURES.store_servers
    assert Estate().photo_copies == FIGURES.store_servers / (FIGURES.store_servers - int(parity.removeprefix("EC:")))
    assert manifest("postgres", "Cluster", "postgres")["instances"] == FIGURES.postgres_instances
    assert manifest("nats", "StatefulSet", "nats")["replicas"] == Estate().stream_copies


def test_it_is_the_estate_of_the_cost() -> None:
    estate = Estate()
    assert estate.photos_per_day * 30 == DEFAULTS.photos_per_month
    # It reckons with 8+4 erasure coding by default, and is asked with what the plan has.
    assert 1.5 / FIGURES.disk_full == DEFAULTS.disk_overhead
    assert FIGURES.ingest_cpu_ms + FIGURES.detect_cpu_ms + FIGURES.classify_cpu_ms == pytest.approx(
        DEFAULTS.services_cpu_ms, abs=0.05
    )


@pytest.mark.parametrize("name", KNOWN)
def test_each_says_where_it_is_from(name: str) -> None:
    known = KNOWN[name]
    assert known.what
    assert known.source
    if known.group == MEASURED:
        assert re.search(r"docs/performance\.md, make [a-z-]+, .*machine|tests/unit/plan", known.source)
    if known.group == ASSUMED:
        assert re.search(r"guess|not tried|the estate that", known.source)


@pytest.mark.parametrize(
    ("service", "cpu_ms"),
    [
        ("detect", FIGURES.detect_cpu_ms),
        ("classify", FIGURES.classify_cpu_ms),
        ("record", FIGURES.record_pause_s / FIGURES.record_batch * 1_000),
    ],
)
def test_the_autoscaler_is_that_of_the_manifests(service: str, cpu_ms: float) -> None:
    spec = manifest("keda", "ScaledObject", service)
    behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    (waiting,) = (one["metadata"] for one in spec["triggers"] if one["type"] == "nats-jetstream")
    (busy,) = (one for one in spec["triggers"] if one["type"] == "cpu")
    assert busy["metricType"] == "Utilization"
    assert int(busy["metadata"]["value"]) == 100 * FIGURES.busy_share
    assert len(spec["triggers"]) == 2
    assert spec["pollingInterval"] == FIGURES.metric_s
    assert spec["minReplicaCount"] == 2
    assert int(waiting["lagThreshold"]) * cpu_ms / 1_000 == pytest.approx(FIGURES.waiting_s, rel=0.03)
    assert behaviour["scaleUp"]["policies"] == [{"type": "Percent", "value": 100, "periodSeconds": FIGURES.double_s}]
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] == FIGURES.shrink_s
    assert behaviour["scaleDown"]["policies"] == [
        {"type": "Percent", "value": 100 * FIGURES.shrink_share, "periodSeconds": 60}
    ]
