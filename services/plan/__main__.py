"""facetally plan: the machines of an estate, and its days simulated."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from services.plan.adapters.clocks import region_of
from services.plan.adapters.day_tables import DayTables
from services.plan.adapters.plan_tables import PlanTables, verdict
from services.plan.domain.estate import REGIONS, Estate, EstateError
from services.plan.domain.figures import FIGURES, KNOWN
from services.plan.domain.packing import TooLargeError
from services.plan.domain.plan import plan as plan_of
from services.plan.domain.troubles import Troubles
from services.plan.handler.simulation import Run, Simulation

app = typer.Typer(add_completion=False)

_USUAL = Estate()
_LOAD, _MACHINES = "Load", "Machines"


@app.callback(invoke_without_command=True)
def plan(
    context: typer.Context,
    shops: Annotated[int, typer.Option(help="Shops", rich_help_panel=_LOAD)] = _USUAL.shops,
    customers: Annotated[
        int, typer.Option(help="Customers of a shop a day, a photo each", rich_help_panel=_LOAD)
    ] = _USUAL.customers,
    cameras: Annotated[int, typer.Option(help="Cameras of a shop", rich_help_panel=_LOAD)] = _USUAL.cameras,
    peak: Annotated[
        float, typer.Option(help="Load to be ready for, in times an ordinary day's, at any hour", rich_help_panel=_LOAD)
    ] = _USUAL.peak,
    photo_mb: Annotated[float, typer.Option(help="Size of a photo, MB", rich_help_panel=_LOAD)] = _USUAL.photo_mb,
    faces: Annotated[float, typer.Option(help="Faces on a photo", rich_help_panel=_LOAD)] = _USUAL.faces,
    region: Annotated[
        list[str] | None,
        typer.Option(
            help="A region's share of the shops, and its time zones: europe=0.4@Europe/Berlin,Europe/London. Once for each; by default "
            f"{', '.join(one.name for one in REGIONS)}, a fifth each",
            rich_help_panel=_LOAD,
        ),
    ] = None,
    clocks_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="Day whose clocks count, of regions that are given", rich_help_panel=_LOAD
        ),
    ] = datetime(2026, 12, 19),  # noqa: DTZ001 - a day, wherever it is
    days_kept: Annotated[
        int, typer.Option(help="For how many days photos are kept", rich_help_panel=_MACHINES)
    ] = _USUAL.days_kept,
    node_cores: Annotated[int, typer.Option(help="Cores of a node", rich_help_panel=_MACHINES)] = _USUAL.node_cores,
    node_gib: Annotated[float, typer.Option(help="Memory of a node, GiB", rich_help_panel=_MACHINES)] = _USUAL.node_gib,
    gpu_photos_per_s: Annotated[
        float,
        typer.Option(
            help="GPU nodes, of which each GPU looks at so many photos a second; 0: none", rich_help_panel=_MACHINES
        ),
    ] = _USUAL.gpu_photos_per_s,
    stream_copies: Annotated[
        int, typer.Option(help="Copies of each stream: 1 or 3", rich_help_panel=_MACHINES)
    ] = _USUAL.stream_copies,
    photo_copies: Annotated[
        float,
        typer.Option(
            help="Bytes on disk for each of a photo: 2, 3, or 4/3 for 3+1 erasure coding, as the manifests have it",
            show_default="4/3",
            rich_help_panel=_MACHINES,
        ),
    ] = _USUAL.photo_copies,
    spare_nodes: Annotated[
        int, typer.Option(help="Nodes of each cluster that may fail", rich_help_panel=_MACHINES)
    ] = _USUAL.spare_nodes,
    spare_zone: Annotated[
        bool, typer.Option("--spare-zone", help="One of three zones may fail", rich_help_panel=_MACHINES)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, and without rounding")] = False,
) -> None:
    """Reckon replicas, nodes, disks and network of cells and HQ from measured figures. `simulate` tries them on a day."""
    with _in_words():
        on = date(clocks_of.year, clocks_of.month, clocks_of.day)
        regions = tuple(region_of(words, on) for words in region) if region else REGIONS
        estate = Estate(
            shops=shops, customers=customers, cameras=cameras, peak=peak, photo_mb=photo_mb, faces=faces, days_kept=days_kept,
            regions=regions, node_cores=node_cores, node_gib=node_gib, gpu_photos_per_s=gpu_photos_per_s,
            stream_copies=stream_copies, photo_copies=photo_copies, spare_nodes=spare_nodes, spare_zone=spare_zone,
        )  # fmt: skip
        result = plan_of(estate, FIGURES)
    context.obj = estate
    if context.invoked_subcommand:
        return
    if as_json:
        told = {"estate": dataclasses.asdict(estate), "figures": _known(), **dataclasses.asdict(result)}
        typer.echo(json.dumps({**told, "nodes": result.nodes, "verdict": verdict(estate, result)}, indent=2))
    else:
        PlanTables().print(estate, FIGURES, result)


@app.command()
def simulate(
    context: typer.Context,
    load: Annotated[
        float | None,
        typer.Option(min=0.01, help="Photos, in times an ordinary day's; by default the peak that the plan is for"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance: the same seed gives the same day")] = 1,
    tick_s: Annotated[
        float, typer.Option(min=0.1, max=30, help="Photos move once in so many seconds; less is more exact, and slower")
    ] = 1,
    own_nodes: Annotated[
        bool, typer.Option("--own-nodes", help="All nodes are there all day, and need not be rented first")
    ] = False,
    by_lag_alone: Annotated[
        bool,
        typer.Option("--by-lag-alone", help="The autoscaler looks at what waits, and not at how busy replicas are"),
    ] = False,
    manifest_bounds: Annotated[
        bool,
        typer.Option(
            "--manifest-bounds", help="No more replicas than k8s/components/keda allows, where the plan has more"
        ),
    ] = False,
    node_lost_at: Annotated[str | None, typer.Option(metavar="HH:MM", help="When a node dies, UTC")] = None,
    cut_at: Annotated[str | None, typer.Option(metavar="HH:MM", help="When the line to HQ is cut, UTC")] = None,
    cut_minutes: Annotated[float, typer.Option(min=0, help="For how long")] = 60,
    of_region: Annotated[
        str | None, typer.Option("--of", help="Region that the two happen to; the first by default")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where day.json and day.svg go")] = Path("build/plan"),
    as_json: Annotated[bool, typer.Option("--json", help="Print what day.json says")] = False,
) -> None:
    """Simulate a day on the planned machines: what waits, how long, and how replicas and nodes come and go."""
    # Matplotlib takes a quarter of a second, which no other command shall wait.
    from services.plan.adapters import day_files  # noqa: PLC0415

    estate: Estate = context.obj
    with _in_words():
        name = of_region or estate.regions[0].name
        if name not in {region.name for region in estate.regions}:
            raise EstateError(f"there is no region {name!r}")
        troubles = Troubles(name, _seconds(node_lost_at), _seconds(cut_at), cut_minutes * 60)
        run = Run(load or estate.peak, seed, tick_s, own_nodes, by_lag_alone, manifest_bounds, troubles)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("a day", total=None)
            told = lambda done, total: progress.update(task, completed=done, total=total)  # noqa: E731
            day = Simulation(estate, FIGURES, plan_of(estate, FIGURES), run, told).run()
    simulated = {"estate": dataclasses.asdict(estate), "run": dataclasses.asdict(run), "figures": _known()}
    files = day_files.write(day, simulated, folder)
    if as_json:
        typer.echo(json.dumps({"simulated": simulated, **day_files.as_dict(day)}, indent=1))
    else:
        DayTables().print(day)
        typer.echo(f"Written: {', '.join(map(str, files))}")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (EstateError, TooLargeError) as error:
        raise typer.BadParameter(str(error)) from error


def _seconds(words: str | None) -> float | None:
    """Seconds since midnight of HH:MM."""
    if words is None:
        return None
    try:
        at = datetime.strptime(words, "%H:%M")  # noqa: DTZ007 - a time of any day
    except ValueError as error:
        raise EstateError(f"{words!r} must be a time such as 16:30") from error
    return at.hour * 3_600 + at.minute * 60


def _known() -> dict[str, Any]:
    """Each figure, and where it is from."""
    return {
        name: {
            "value": getattr(FIGURES, name),
            "unit": one.unit,
            "what": one.what,
            "from": one.source,
            "kind": one.group,
        }
        for name, one in KNOWN.items()
    }


if __name__ == "__main__":
    app()
