"""What is seen beside a run."""

import os
import time
from dataclasses import dataclass

import psutil
import pytest

from loadtest.this_machine import name_of
from loadtest.watching import Cpu, queue_depths


@dataclass
class Consumed:
    """A process that has taken some CPU, or has ended."""

    pid: int
    seconds: float
    ended: bool = False

    def cmdline(self) -> list[str]:
        return ["/venv/bin/python", "-m", "services.detect"]

    def cpu_times(self) -> object:
        if self.ended:
            raise psutil.NoSuchProcess(self.pid)
        return type("Times", (), {"user": self.seconds, "system": 0.0})()


def test_cpu_of_one_name_is_added_up_and_is_in_cores() -> None:
    one, two = Consumed(1, 10), Consumed(2, 20)
    cpu = Cpu(lambda: [one, two])  # type: ignore[list-item]
    assert cpu.look(100) == []
    one.seconds, two.seconds = 11, 22
    (sample,) = cpu.look(102)
    assert (sample.name, sample.kind, sample.value) == ("detect", "cpu", 1.5)


def test_a_process_that_is_started_again_takes_nothing_at_first_and_one_that_ended_is_left_out() -> None:
    processes = [Consumed(1, 10)]
    cpu = Cpu(lambda: processes)  # type: ignore[arg-type, return-value]
    cpu.look(100)
    processes[:] = [Consumed(1, 10, ended=True), Consumed(3, 50)]
    (sample,) = cpu.look(101)
    assert sample.value == 0


def test_a_real_process_is_seen_working() -> None:
    cpu = Cpu(lambda: [psutil.Process(os.getpid())])
    cpu.look(0)
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    (sample,) = cpu.look(1)
    assert 0.05 <= sample.value < 1


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["/venv/bin/python", "-m", "services.ingest"], "ingest"),
        (["/venv/bin/python", "-m", "locust", "--headless"], "load generator"),
        (["/venv/bin/nats-server", "--config", "/state/nats.conf"], "nats-server"),
        (["postgres: record facetally 127.0.0.1(50000) idle"], "postgres"),
        (["postgres: walwriter "], "postgres"),
        ([], "?"),
    ],
)
def test_a_process_is_called_by_its_service_or_its_program(command: list[str], name: str) -> None:
    assert name_of(command) == name


def test_what_waits_for_a_service_is_its_queue_and_other_consumers_are_none() -> None:
    def consumer(name: str, pending: int, unacknowledged: int) -> dict[str, object]:
        return {"name": name, "num_pending": pending, "num_ack_pending": unacknowledged}

    jsz = {
        "account_details": [
            {
                "stream_detail": [
                    {"name": "PHOTOS", "consumer_detail": [consumer("detect", 40, 2)]},
                    {"name": "KV_SHOPS", "consumer_detail": [consumer("a1b2c3", 1000, 0)]},
                    {"name": "HELD"},
                ]
            }
        ]
    }
    assert queue_depths(jsz) == {"detect": 42}
    assert queue_depths({}) == {}
