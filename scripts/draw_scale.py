"""Write the tables and plots of docs/scale.md: `make scale`."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import track

from services.common.streams import GIB
from services.cost.domain.words import about, dollars
from services.plan.adapters.day_files import draw
from services.plan.domain.estate import Estate
from services.plan.domain.figures import FIGURES
from services.plan.domain.needs import stream_gib
from services.plan.domain.outcome import Day
from services.plan.domain.plan import Cluster, Plan, plan
from services.plan.domain.troubles import Troubles
from services.plan.handler.simulation import Run, Simulation

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "scale.md"
SIZES: Final = (1, 10, 100)
_TICK_S: Final = 5.0
_WORST_HOUR_S: Final = 16.5 * 3_600
_REGION: Final = "northern-europe"


@dataclass(frozen=True, slots=True)
class Scene:
    """A day that is simulated for the page.

    Args:
        size: times the estate.
        name: of its plot; empty where there is none.
        what: it is, in the table.
    """

    size: int
    name: str
    what: str
    run: Run


def _scenes() -> Iterator[Scene]:
    for size in SIZES:
        # Those of larger sizes look alike.
        yield Scene(size, "1x-ordinary" if size == 1 else "", "an ordinary day", Run(1, tick_s=_TICK_S))
        yield Scene(size, f"{size}x-holiday", "a holiday", Run(5, tick_s=_TICK_S))
    lost, cut = Troubles(_REGION, node_lost_at_s=_WORST_HOUR_S), Troubles(_REGION, cut_at_s=_WORST_HOUR_S)
    yield Scene(1, "1x-node", "a holiday, a node dies at the rush", Run(5, tick_s=_TICK_S, troubles=lost))
    yield Scene(1, "1x-cut", "a holiday, HQ cut off for an hour", Run(5, tick_s=_TICK_S, troubles=cut))
    yield Scene(1, "1x-twice", "twice the holiday that it was planned for", Run(10, tick_s=_TICK_S))
    yield Scene(10, "10x-lag", "a holiday, scaled by what waits alone", Run(5, tick_s=_TICK_S, by_lag_alone=True))
    bounded = Run(5, tick_s=_TICK_S, manifest_bounds=True)
    yield Scene(10, "10x-bounds", "a holiday, bounds of the manifests not raised", bounded)


SCENES: Final = tuple(_scenes())


def plans() -> dict[int, Plan]:
    """The plan of each size, by the size."""
    return {size: plan(Estate().times(size), FIGURES) for size in SIZES}


def simulate(scene: Scene, of: Plan) -> Day:
    """A day of the page."""
    return Simulation(Estate().times(scene.size), FIGURES, of, scene.run).run()


def picture(scene: Scene) -> Path:
    """The file of its plot."""
    return DOCUMENT.parent / "images" / f"scale-{scene.name}.svg"


def plan_table(of: dict[int, Plan]) -> str:
    """What each size needs, as Markdown."""
    rows = {
        "shops": [f"{Estate().times(size).shops:,}" for size in of],
        "photos on an ordinary day": [f"{about(Estate().times(size).photos_per_day / 1e6)} million" for size in of],
        "photos a second, all cells, ordinary - holiday": [
            f"{about(one.hq.demand.usual_per_s)} - {about(one.world_per_s)}" for one in of.values()
        ],
        "cells": [_number(sum(cell.number for cell in one.cells)) for one in of.values()],
        **{
            f"{service}, all cells": [_replicas(one, service) for one in of.values()]
            for service in ("ingest", "detect", "classify")
        },
        "record, at HQ": [_at_hq(one.hq, "record") for one in of.values()],
        "nodes of 16 cores, HQ's included": [_from_to(one.usual_nodes, one.nodes) for one in of.values()],
        "disks of 16 TB for photos": [
            _number(sum(cell.disks * cell.number for cell in one.cells)) for one in of.values()
        ],
        "PB on them": [about(sum(cell.photos_tb * cell.number for cell in one.cells) / 1_000) for one in of.values()],
        "TB of SSD at HQ: databases, models, streams": [about(one.hq.ssd_tb) for one in of.values()],
        "Gbit/s into a cell, at most": [
            about(max(cell.network.from_cameras for cell in one.cells) / 1_000) for one in of.values()
        ],
        "Gbit/s between its nodes, at most": [
            about(max(cell.network.inside for cell in one.cells) / 1_000) for one in of.values()
        ],
        "Mbit/s into HQ": [about(one.hq.network.from_cameras) for one in of.values()],
        "$ a month by `facetally cost` with as many copies, own / rented": [
            f"{dollars(one.cost.own_usd)} / {dollars(one.cost.rented_usd)}" for one in of.values()
        ],
    }
    return _markdown(("", *(f"{size} x" for size in of)), [(name, *cells) for name, cells in rows.items()])


def limit_table(of: dict[int, Plan]) -> str:
    """What is full first, as Markdown: the share that the holiday takes of each limit."""
    rows = []
    for place in ("a cell", "HQ"):
        shown = [
            one.hq if place == "HQ" else max(one.cells, key=lambda cell: cell.demand.peak_per_s) for one in of.values()
        ]
        for limit in shown[-1].limits:
            same = [next(one for one in cluster.limits if one.what == limit.what) for cluster in shown]
            used = [f"**{about(100 * one.used)} %**" if one.used > 1 else f"{about(100 * one.used)} %" for one in same]
            rows.append((place, limit.what, *used, limit.remedy))
    return _markdown(("where", "what", *(f"{size} x" for size in of), "what to do"), rows)


def day_table(days: dict[Scene, Day]) -> str:
    """What became of each day, as Markdown."""
    rows = []
    for scene, day in days.items():
        faces = max(cell.most_bytes["FACES"] for cell in day.cells) / GIB / stream_gib("FACES")
        rows.append((
            f"{scene.size} x", scene.what, f"{day.arrived:,}", _seconds(day.waits.p50_s), _seconds(day.waits.p99_s),
            _seconds(day.waits.worst_s), f"{100 * day.waits.late_share:.2g} %", f"{day.behind_min:g}",
            _seconds(max(cell.camera_wait_s for cell in day.cells)), f"{about(100 * min(faces, 1))} %", _number(day.left),
        ))  # fmt: skip
    head = (
        "size", "day", "photos", "p50", "p99", "worst", "later than 60 s", "minutes to catch up", "cameras waited", "FACES filled to",
        "left",
    )  # fmt: skip
    return _markdown(head, rows)


def blocks(text: str) -> dict[str, str]:
    """What stands between the marks of a page, by their names."""
    return dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->", text, re.DOTALL))


def _seconds(value: float) -> str:
    """Nothing is known below a tick."""
    return "0" if value < _TICK_S else f"{about(value)} s"


def _number(value: float) -> str:
    return f"{value:,}"


def _from_to(usual: int, most: int) -> str:
    return f"{most:,}" if usual == most else f"{usual:,} - {most:,}"


def _at_hq(hq: Cluster, service: str) -> str:
    (pods,) = (one for one in hq.pods if one.service == service)
    return _from_to(pods.usual, pods.most)


def _replicas(of: Plan, service: str) -> str:
    pods = [(cell.number, one) for cell in of.cells for one in cell.pods if one.service == service]
    return _from_to(sum(number * one.usual for number, one in pods), sum(number * one.most for number, one in pods))


def _markdown(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def main() -> None:
    """Write all of it."""
    planned = plans()
    days = {scene: simulate(scene, planned[scene.size]) for scene in track(SCENES, "Simulating days")}
    for scene, day in days.items():
        if scene.name:
            picture(scene).write_text(draw(day))
    text = DOCUMENT.read_text()
    for name, table in (("plan", plan_table(planned)), ("limits", limit_table(planned)), ("days", day_table(days))):
        text = text.replace(f"<!-- {name} -->\n{blocks(text)[name]}\n", f"<!-- {name} -->\n{table}\n")
    # The command's own words, as on a terminal of that width.
    said = subprocess.run(
        [sys.executable, "-m", "services.plan"], env={**os.environ, "COLUMNS": "120", "TERM": "dumb"}, capture_output=True, text=True, check=True
    )  # fmt: skip
    shown = "\n".join(line.rstrip() for line in said.stdout.strip().splitlines())
    head, _, rest = text.partition("```text\n")
    DOCUMENT.write_text(f"{head}```text\n{shown}\n```{rest.partition('```')[2]}")


if __name__ == "__main__":
    main()
