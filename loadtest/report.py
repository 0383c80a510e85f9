"""The report of a run: one page of tables, and the charts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadtest.charts import draw
from loadtest.figures import (
    Recorded,
    Request,
    Step,
    Times,
    Verdict,
    failed_share,
    last_that_held,
    steps_of,
    to_row_s,
    verdicts,
    without_row,
)
from loadtest.plan import Plan
from loadtest.shapes import Shape

_TEMPLATES: Final = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table of times.

    Args:
        times: in milliseconds.
    """

    kind: str
    name: str
    times: Times
    failed: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A process's cores or a queue's messages."""

    name: str
    mean: float
    most: float
    last: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page says.

    Args:
        lasted_s: from the first moment to the last answer.
        to_row: seconds; None where there was no database to look into.
    """

    plan: Plan
    began_at: datetime
    lasted_s: float
    verdicts: Sequence[Verdict]
    lines: Sequence[Line]
    failures: Sequence[tuple[str, int]]
    kept: int
    to_row: Times | None
    without_row: int
    steps: Sequence[Step]
    held: float | None
    cpu: Sequence[Watched]
    queues: Sequence[Watched]

    @property
    def passed(self) -> bool:
        """Whether every limit was kept."""
        return all(verdict.kept for verdict in self.verdicts)


def sum_up(plan: Plan, recorded: Recorded) -> Report:
    """What a run comes to."""
    requests = recorded.requests
    lasted_s = max([0.0, *(request.ended_at - recorded.began_at for request in requests)])
    steps = steps_of(plan, recorded)
    return Report(
        plan=plan,
        began_at=datetime.fromtimestamp(recorded.began_at, UTC),
        lasted_s=lasted_s,
        verdicts=verdicts(plan, recorded),
        lines=_lines(requests),
        failures=_failures(requests),
        kept=sum(not upload.failure for upload in recorded.uploads),
        to_row=None if recorded.rows is None else Times.of(to_row_s(recorded)),
        without_row=without_row(recorded),
        steps=steps,
        held=last_that_held(steps),
        cpu=_watched(recorded, "cpu", lasted_s),
        queues=_watched(recorded, "queue", lasted_s),
    )


def write_report(report: Report, recorded: Recorded, shape: Shape) -> Path:
    """Write report.html and report.png into the run's folder; the path of the page."""
    folder = report.plan.folder
    draw(report.plan, recorded, shape, folder / "report.png")
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    page = folder / "report.html"
    page.write_text(pages.get_template("report.html").render(report=report, limits=report.plan.limits))
    return page


def _lines(requests: Sequence[Request]) -> list[Line]:
    """A line for all uploads, and one for each kind of request."""
    groups: dict[tuple[str, str], list[Request]] = {}
    for request in requests:
        if request.is_upload:
            groups.setdefault(("", "all cameras"), []).append(request)
        groups.setdefault((request.kind, request.name), []).append(request)
    return [
        Line(kind, name, Times.of([one.took_ms for one in group if not one.failure]), round(failed_share(group) * len(group)))
        for (kind, name), group in sorted(groups.items())
    ]  # fmt: skip


def _failures(requests: Sequence[Request]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for request in requests:
        if request.failure:
            what = f"{request.kind} {request.name}: {request.failure}"
            counts[what] = counts.get(what, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])[:20]


def _watched(recorded: Recorded, kind: str, lasted_s: float) -> list[Watched]:
    """What was seen from the run's beginning until its last answer, and a moment later."""
    series: dict[str, list[float]] = {}
    for sample in recorded.samples:
        if sample.kind == kind and 0 <= sample.at - recorded.began_at <= lasted_s + 1:
            series.setdefault(sample.name, []).append(sample.value)
    return [
        Watched(name, sum(values) / len(values), max(values), values[-1]) for name, values in sorted(series.items())
    ]
