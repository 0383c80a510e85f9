"""Ports, environments and pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.standalone.domain import INTERNAL_PORTS, plan_ports, restart_pause_s, service_environment


@given(st.integers(1, 30))
def test_no_port_is_given_twice_and_all_lie_in_their_range(workers: int) -> None:
    ports = plan_ports(2121, 8080, 8081, 14200, workers).all()
    assert len(set(ports.values())) == len(ports)
    internal = [port for purpose, port in ports.items() if purpose not in ("FTP", "the report pages", "the face API")]
    assert all(14200 <= port < 14200 + INTERNAL_PORTS for port in internal)


def test_ports_are_the_same_whether_classify_is_a_process_of_its_own_or_not() -> None:
    apart, together = (plan_ports(2121, 8080, 8081, 14200, 2, separate=separate).all() for separate in (True, False))
    assert together == {name: port for name, port in apart.items() if name != "the health of classify"}


def test_a_new_service_has_moved_no_port() -> None:
    health = plan_ports(2121, 8080, 8081, 14200, 2).health
    assert health == {
        "ingest": 14213, "detect-1": 14214, "detect-2": 14215, "classify": 14216, "record": 14217, "report": 14218,
        "faceapi": 14219,
    }  # fmt: skip


def test_too_many_workers_are_refused() -> None:
    with pytest.raises(ValueError, match="internal ports"):
        plan_ports(2121, 8080, 8081, 14200, INTERNAL_PORTS)


def test_settings_become_variables() -> None:
    values = {"nats": {"url": "nats://x", "user": "u"}, "health_port": 1, "masquerade_address": None}
    assert service_environment("ingest", values) == {
        "FACETALLY_INGEST_NATS__URL": "nats://x",
        "FACETALLY_INGEST_NATS__USER": "u",
        "FACETALLY_INGEST_HEALTH_PORT": "1",
    }


@given(st.integers(0, 1000))
def test_a_pause_grows_and_is_bounded(deaths: int) -> None:
    assert 0.5 <= restart_pause_s(deaths) <= restart_pause_s(deaths + 1) <= 15
