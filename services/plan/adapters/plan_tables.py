"""A plan as tables in a terminal."""

import math
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.common.streams import FACES
from services.cost.domain.words import about, counted, dollars, in_unit
from services.plan.domain.estate import Estate
from services.plan.domain.figures import KNOWN, Figures
from services.plan.domain.limits import full_after_s
from services.plan.domain.plan import Cluster, Plan

_REMARKS = (
    "Replicas: on an ordinary day, at its busiest, and at the peak. Nothing of this has run on a cluster, or with more than 66 photos "
    "a second: it is arithmetic on figures of one small machine."
)
_ZONE_REMARK = (
    "The store of the manifests does not bear the loss of a zone: two of its four servers are in the same one, and photos are neither read "
    "nor written without both. Use another store, or more servers with more parity."
)


class PlanTables:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def print(self, estate: Estate, figures: Figures, plan: Plan) -> None:
        """All of it; the last line is what it comes to."""
        self._console.print(_figures(figures))
        self._console.print(_replicas(plan))
        self._console.print(_beside(plan))
        for table in (_machines(plan), _pods(plan), _limits(plan)):
            self._console.print(table)
        zone = _ZONE_REMARK if estate.spare_zone else ""
        remarks = (_REMARKS, _streams(estate, figures, plan), zone, _gpu_words(estate, plan))
        for words in filter(None, remarks):
            self._console.print(f"\n{words}")
        self._console.print(f"\n[bold]{verdict(estate, plan)}[/]")


def verdict(estate: Estate, plan: Plan) -> str:
    """The last line: how many machines, for what."""
    cells = sum(cell.number for cell in plan.cells)
    # A plan is no good for cents.
    own, rented = (dollars(max(1, round(usd))) for usd in (plan.cost.own_usd, plan.cost.rented_usd))
    disks = sum(cell.disks * cell.number for cell in plan.cells)
    return (
        f"{counted(estate.shops, 'shop')} at {estate.peak:g} times an ordinary day, {about(plan.world_per_s)} photos a second at most: "
        f"{counted(cells, 'cell')} and HQ, {plan.nodes:,} nodes of {estate.node_cores} cores and {estate.node_gib:g} GiB "
        f"({plan.usual_nodes:,} on ordinary days), {counted(disks, 'disk')} for photos. facetally cost says about {own} "
        f"a month for as much and as many copies on machines of your own and {rented} on rented ones, without cells, zones and nodes."
    )


def _table(title: str) -> Table:
    # Titles in the middle would move with the terminal's width.
    return Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim")


def _named(cluster: Cluster) -> str:
    return cluster.name if cluster.number == 1 else f"{cluster.name}, {cluster.number:,} cells, each"


def _from_to(usual: int, most: int) -> str:
    return f"{most:,}" if usual == most else f"{usual:,} - {most:,}"


def _replicas(plan: Plan) -> Table:
    table = _table("\nReplicas")
    services = [one.service for one in plan.cells[0].pods]
    table.add_column("cell")
    for what in ("photos/s", *services):
        table.add_column(what, justify="right")
    for cell in plan.cells:
        rates = f"{about(cell.demand.usual_per_s)} - {about(cell.demand.peak_per_s)}"
        table.add_row(_named(cell), rates, *(_from_to(one.usual, one.most) for one in cell.pods))
    table.add_section()
    rates = f"{about(plan.hq.demand.usual_per_s)} - {about(plan.hq.demand.peak_per_s)}"
    table.add_row("hq", rates, *(_at_hq(plan, service) for service in services))
    return table


def _beside(plan: Plan) -> str:
    known = {one.service for one in plan.cells[0].pods}
    others = (f"{one.service} {_from_to(one.usual, one.most)}" for one in plan.hq.pods if one.service not in known)
    return f"hq, beside them: {', '.join(others)}"


def _at_hq(plan: Plan, service: str) -> str:
    return next((_from_to(one.usual, one.most) for one in plan.hq.pods if one.service == service), "")


def _machines(plan: Plan) -> Table:
    table = _table("\nNodes, disks and network, at the peak")
    table.add_column("cell")
    for what in ("nodes", "GPUs", "disks", "TB of photos", "TB of SSD", "Mbit/s in", "inside", "to HQ"):
        table.add_column(what, justify="right")
    for one in (*plan.cells, plan.hq):
        network = (one.network.from_cameras, one.network.inside, one.network.to_hq)
        sizes = (one.photos_tb, one.ssd_tb, *network)
        counts = (_from_to(one.usual_nodes, one.nodes), f"{one.gpus:,}", f"{one.disks:,}")
        table.add_row(_named(one), *counts, *(about(size) for size in sizes))
    return table


def _pods(plan: Plan) -> Table:
    table = _table("\nWhat a replica needs at most, and the mean wait for one")
    table.add_column("service")
    for what in ("cores", "GiB", "TB of disk", "wait, ms"):
        table.add_column(what, justify="right")
    every = [(cluster, one) for cluster in (*plan.cells, plan.hq) for one in cluster.pods]
    for (place, service), group in groupby(
        sorted(every, key=lambda one: (one[0] is plan.hq, one[1].service)),
        key=lambda one: ("hq" if one[0] is plan.hq else "cells", one[1].service),
    ):
        pods = [one for _, one in group]
        waits = [one.wait_ms for one in pods if one.wait_ms is not None]
        table.add_row(
            f"{place}: {service}",
            f"{max(one.cores for one in pods):g}",
            f"{math.ceil(max(one.gib for one in pods) * 10) / 10:g}",
            about(max(one.disk_tb for one in pods)),
            f"{max(waits):.1f}" if waits else "",
        )
    return table


def _limits(plan: Plan) -> Table:
    table = _table("\nWhat does not grow by itself, the nearest to its end first; above 100 % it must be changed")
    table.add_column("where")
    table.add_column("what")
    table.add_column("bears", justify="right")
    table.add_column("used", justify="right")
    table.add_column("what to do")
    busiest = max(plan.cells, key=lambda cell: cell.demand.peak_per_s)
    for place, cluster in (("a cell", busiest), ("hq", plan.hq)):
        for one in cluster.limits:
            used = f"{about(100 * one.used)} %"
            table.add_row(place, one.what, one.bears, f"[red]{used}[/]" if one.used > 1 else used, one.remedy)
    return table


def _streams(estate: Estate, figures: Figures, plan: Plan) -> str:
    busiest = max(plan.cells, key=lambda cell: cell.demand.peak_per_s)
    after = full_after_s(estate, figures, busiest.demand.peak_per_s)
    return (
        f"When nobody reads a stream of the busiest cell at the peak, PHOTOS is full after {about(after['PHOTOS'] / 3_600)} hours, and "
        f"{FACES.name} after {about(after['FACES'] / 60)} minutes: then cameras are sent away, or detect waits, and photos wait in PHOTOS."
    )


def _gpu_words(estate: Estate, plan: Plan) -> str:
    if not estate.gpu_photos_per_s:
        return ""
    detects = sum(next(one.most for one in cell.pods if one.service == "detect") * cell.number for cell in plan.cells)
    gpus = sum(cell.gpus * cell.number for cell in plan.cells)
    return (
        f"{estate.gpu_photos_per_s:g} photos a second and GPU are your figure: none was measured. A detect still decodes on one core, so that "
        f"{detects:,} detects share half of {gpus:,} GPUs, by time slicing; the other half is for classify."
    )


def _figures(figures: Figures) -> Table:
    table = _table("\nReckoned from")
    table.add_column("figure", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("what it is, and where it is from")
    for group, names in groupby(KNOWN, key=lambda name: KNOWN[name].group):
        table.add_row(f"[bold]{group}[/]")
        for name in names:
            known = KNOWN[name]
            value = in_unit(round(getattr(figures, name), 3), known.unit)
            table.add_row(name, value, escape(f"{known.what} ({known.source})"))
    return table
