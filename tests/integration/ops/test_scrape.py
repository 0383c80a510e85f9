"""What Prometheus finds when it asks every service, as the process that it is, and what a photo leaves behind there."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from facetally.v1.face_pb2 import FacesClassified, PhotoOutcome
from facetally.v1.photo_pb2 import Photo
from prometheus_client.parser import text_string_to_metric_families

from services.common.messaging import MessageBus
from services.provision.domain.nats_rights import nats_permissions
from tests.estates import register
from tests.operations import queries
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.running import finish, free_ports, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

SERVICES = ("ingest", "detect", "classify", "record", "report", "faceapi")
DEADLINE_S = 40.0
# Prometheus's own, and node_exporter's.
OF_OTHERS = ("up", "ALERTS", "node_")

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Scraped:
    """Where each service answers."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def text(self, name: str) -> str:
        """What Prometheus reads."""
        answer = httpx.get(self._urls[name], timeout=10)
        answer.raise_for_status()
        return answer.text

    def series(self, name: str) -> Series:
        """Value by series."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text(name))
            for sample in family.samples
        }

    def names(self, name: str) -> set[str]:
        """Every series that it may have, those that no label has been given to yet among them."""
        found = set()
        for family in text_string_to_metric_families(self.text(name)):
            found.add(family.name)
            found |= {
                f"{family.name}_{end}"
                for end in {"counter": ["total"], "histogram": ["bucket", "sum", "count"]}.get(family.type, [])
            }
        return found


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory,
    nats_server: NatsServer,
    s3_server: S3Server,
    postgres_server: PostgresServer,
    certificate: Path,
) -> Iterator[Scraped]:
    """All six, running and ready, with cameras registered."""
    finish(nats_server.clean())
    database = finish(postgres_server.fresh_database())
    finish(register(database))
    ports = free_ports(25)
    nats = {user: connection(nats_server.settings(user)) for user in nats_permissions()}
    values: dict[str, dict[str, object]] = {
        "ingest": {
            "s3": connection(s3_server.settings("ingest")),
            "ftp_port": ports[0],
            "passive_port_first": ports[1],
            "passive_port_last": ports[20],
            "tls_certificate": certificate,
        },
        "detect": {"s3": connection(s3_server.settings("detect"))},
        "classify": {},
        "record": {"postgres_dsn": database.dsn("record"), "rollup_pause_s": 0.2},
        "report": {
            "postgres_dsn": database.dsn("report"),
            "account_dsn": database.dsn("account"),
            "cookie_key": "a key of the tests that is long enough",
            "http_port": ports[21],
        },
        "faceapi": {"http_port": ports[22]},
    }
    urls = {}
    with ExitStack() as stack:
        for name in SERVICES:
            program = service(name, {"nats": nats[name], **values[name]})
            stack.enter_context(running(program, tmp_path_factory.mktemp("logs")))
            port = program.environment[f"FACETALLY_{name.upper()}_HEALTH_PORT"]
            urls[name] = f"http://127.0.0.1:{port}/metrics"
        yield Scraped(urls)
    finish(postgres_server.drop(database))


def test_whatever_rules_dashboard_and_documents_ask_for_is_really_exported(services: Scraped) -> None:
    exported = {name: services.names(name) for name in SERVICES}
    everywhere = set.intersection(*exported.values())
    asked = {selector.metric for query in queries() for selector in query.selectors()}
    ours = {metric for metric in asked if ":" not in metric and not metric.startswith(OF_OTHERS)}
    assert ours <= set.union(*exported.values())
    assert {metric for metric in ours if metric.startswith("process_")} <= everywhere
    assert {"facetally_build_info", "facetally_dependency_ready"} <= everywhere
    for metric in ours:
        owner = metric.split("_")[1]
        if owner in SERVICES:
            assert metric in exported[owner], metric


def test_every_service_says_its_version_and_that_all_it_depends_on_answers(services: Scraped) -> None:
    depends = {
        "ingest": {"nats", "s3", "cameras"},
        "detect": {"nats", "s3"},
        "classify": {"nats"},
        "record": {"nats", "postgres"},
        "report": {"postgres", "postgres_account"},
        "faceapi": {"nats", "keys"},
    }
    for name in SERVICES:
        series = services.series(name)
        found = {
            dict(labels)["dependency"]: value
            for (metric, labels), value in series.items()
            if metric == "facetally_dependency_ready"
        }
        assert found == dict.fromkeys(depends[name] | {"start-up"}, 1.0)
        versions = [dict(labels) for metric, labels in series if metric == "facetally_build_info"]
        assert [set(version) for version in versions] == [{"version"}]


def test_ingest_says_when_its_certificate_ends(services: Scraped) -> None:
    ends = services.series("ingest")["facetally_ingest_certificate_end_timestamp_seconds", frozenset()]
    assert time.time() + 86_400 < ends < time.time() + 50 * 366 * 86_400


def result(number: int, received_at: datetime, shop: str) -> FacesClassified:
    photo = Photo(photo_id=f"{number:032x}", region_id="r", shop_id=shop, camera_id=f"{shop}-cam", object_key="k")
    photo.received_at.FromDatetime(received_at)
    photo.captured_at.CopyFrom(photo.received_at)
    outcome = PhotoOutcome.PHOTO_OUTCOME_NO_FACE
    return FacesClassified(photo=photo, outcome=outcome, detector_version="d", classifier_version="c")


async def test_record_measures_from_arrival_to_row_each_photo_once_and_counts_cameras_and_dead_letters(
    services: Scraped, nats_server: NatsServer
) -> None:
    now = datetime.now(UTC)
    photos = [
        result(1, now - timedelta(seconds=20), "berlin-mitte"),
        result(1, now - timedelta(seconds=20), "berlin-mitte"),
        result(2, now - timedelta(seconds=90), "berlin-mitte"),
        result(3, now + timedelta(seconds=600), "berlin-mitte"),
        result(4, now, "no-such-shop"),
    ]
    async with MessageBus.connect(nats_server.settings("classify"), "test") as bus:
        for number, photo in enumerate(photos):
            await bus.publish("results.r.shop", photo, f"message-{number}")
    expected = {
        ("facetally_record_duplicates_total", ()): 1,
        ("facetally_record_tallied_seconds_count", ()): 3,
        ("facetally_record_tallied_seconds_bucket", (("le", "10.0"),)): 1,  # a clock that goes ahead: no time at all
        ("facetally_record_tallied_seconds_bucket", (("le", "60.0"),)): 2,
        ("facetally_record_tallied_seconds_bucket", (("le", "300.0"),)): 3,
        ("facetally_messages_total", (("consumer", "record"), ("outcome", "dead"))): 1,
        ("facetally_dead_letters", (("consumer", "record"),)): 1,
        ("facetally_consumer_waiting_messages", (("consumer", "record"),)): 0,
    }
    found: dict[object, float | None] = {}
    series: Series = {}
    async with asyncio.timeout(DEADLINE_S):
        while found != expected:
            await asyncio.sleep(0.5)
            series = await asyncio.to_thread(services.series, "record")
            found = {key: series.get((key[0], frozenset(key[1]))) for key in expected}
    states = {
        dict(labels)["state"]: value
        for (metric, labels), value in series.items()
        if metric == "facetally_record_cameras"
    }
    assert set(states) == {"working", "attention", "offline", "new", "disabled"}
    assert sum(states.values()) > 0
