import pytest

from bench.cpu_times import CpuTimes


def test_a_step_counts_the_median_round_of_every_photo() -> None:
    times = CpuTimes()
    for photo, samples in {"a": (10, 11, 500), "b": (20, 20, 21)}.items():
        for cpu_ms in samples:
            times.add("find", photo, cpu_ms)
    assert times.ms("find") == pytest.approx((11 + 20) / 2)


def test_work_that_is_shared_costs_each_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((1.0, 1.08))
    monkeypatch.setattr("bench.cpu_times.time.process_time", lambda: next(clock))
    times = CpuTimes()
    assert times.time("face", "a", lambda: "done", shared_by=8) == "done"
    assert times.ms("face") == pytest.approx(10)
