"""A run in four charts, as one PNG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from loadtest.figures import Recorded, Sample, Times, to_row_s
from loadtest.plan import Plan
from loadtest.shapes import Shape

_BUCKETS: Final = 120
_DPI: Final = 110


def draw(plan: Plan, recorded: Recorded, shape: Shape, path: Path) -> None:
    """Draw throughput, latency, CPU and queues over the run's minutes."""
    figure, axes = plt.subplots(4, 1, figsize=(11, 13), sharex=True, layout="constrained")
    throughput, latency, cpu, queues = axes
    _throughput(throughput, plan, recorded, shape)
    _latency(latency, recorded)
    _samples(cpu, recorded, "cpu", "CPU, cores")
    _samples(queues, recorded, "queue", "waiting in queues, messages")
    queues.set_xlabel("minutes")
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def _bucket_s(recorded: Recorded) -> float:
    """Seconds that one point of a curve is of."""
    if not recorded.requests:
        return 1.0
    lasted = max(request.ended_at for request in recorded.requests) - recorded.began_at
    return max(1.0, lasted / _BUCKETS)


def _throughput(axes: Axes, plan: Plan, recorded: Recorded, shape: Shape) -> None:
    uploads, bucket_s = recorded.uploads, _bucket_s(recorded)
    ends = max([bucket_s, *(upload.ended_at - recorded.began_at for upload in uploads)])
    edges = np.arange(0, ends + bucket_s, bucket_s)
    for name, failed in (("answered 226", False), ("failed", True)):
        at = [upload.ended_at - recorded.began_at for upload in uploads if bool(upload.failure) == failed]
        if at or not failed:
            counts, _ = np.histogram(at, edges)
            axes.step(edges[:-1] / 60, counts / bucket_s, where="post", label=name, color="C3" if failed else "C0")
    at_s = np.linspace(0, min(ends, plan.seconds), 400, endpoint=False)
    axes.plot(at_s / 60, [shape.rate(float(one)) or 0 for one in at_s], "k--", linewidth=1, label="asked for")
    _finish(axes, "photos a second")


def _latency(axes: Axes, recorded: Recorded) -> None:
    kept = [upload for upload in recorded.uploads if not upload.failure]
    _percentiles(axes, recorded, [u.ended_at for u in kept], [u.took_ms / 1000 for u in kept], "upload until 226", "C0")
    if recorded.rows is not None:
        named = [upload for upload in kept if upload.photo_id]
        _percentiles(axes, recorded, [u.ended_at for u in named], to_row_s(recorded), "226 to row", "C2")
    axes.set_yscale("log")
    _finish(axes, "seconds")


def _percentiles(
    axes: Axes, recorded: Recorded, ended_at: Sequence[float], seconds: Sequence[float], name: str, color: str
) -> None:
    bucket_s = _bucket_s(recorded)
    buckets: dict[int, list[float]] = {}
    for at, value in zip(ended_at, seconds, strict=True):
        buckets.setdefault(int((at - recorded.began_at) / bucket_s), []).append(value)
    if not buckets:
        return
    numbers = sorted(buckets)
    times = [Times.of(buckets[number]) for number in numbers]
    minutes = [number * bucket_s / 60 for number in numbers]
    axes.plot(minutes, [one.p50 for one in times], color=color, label=f"{name}, p50")
    axes.plot(minutes, [one.p99 for one in times], color=color, linestyle=":", label=f"{name}, p99")


def _samples(axes: Axes, recorded: Recorded, kind: str, label: str) -> None:
    series: dict[str, list[Sample]] = {}
    for sample in recorded.samples:
        if sample.kind == kind:
            series.setdefault(sample.name, []).append(sample)
    for name, samples in sorted(series.items()):
        axes.plot([(s.at - recorded.began_at) / 60 for s in samples], [s.value for s in samples], label=name)
    _finish(axes, label)


def _finish(axes: Axes, label: str) -> None:
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    else:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color="0.4")
