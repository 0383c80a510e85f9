"""What was measured, as tables."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from bench.faceapi.load import Outcome
from bench.faceapi.ours import FACE_API, NATS, STEPS
from bench.faceapi.request import Request
from bench.faceapi.small_faces import SIZES_PX, SmallFaces

# Whose answers, to photos of which size, how many clients ask.
Case = tuple[str, str, int]


def load_tables(outcomes: Mapping[Case, Outcome]) -> list[Table]:
    """Everybody who was asked, by number of clients; a table for each size of photos."""
    tables: dict[str, Table] = {}
    columns = ("asked", "clients", "requests\na second", "p50\nms", "p99\nms", "CPU ms\neach", "photos with\na face")
    for (who, size, clients), outcome in outcomes.items():
        table = tables.setdefault(size, _table(f"The face API: photos of {size}", *columns))
        times = outcome.times_ms
        figures = f"{outcome.rate:.1f}", f"{times.p50:.0f}", f"{times.p99:.0f}", f"{outcome.cpu_ms_each():.1f}"
        table.add_row(who, f"{clients}", *figures, f"{outcome.with_a_face} of {len(outcome.faces)}")
    return list(tables.values())


def request_tables(requests: Sequence[Request]) -> tuple[Table, Table]:
    """Where the time of a request goes, and where its CPU, by the smallest face that is looked for."""
    times = _table("A request of one client: ms", "smallest\nface", "p50", "mean", "HTTP", "NATS,\nwaiting", *STEPS)
    cpu = _table("A request of one client: CPU ms", "smallest face", "all", "face API", "NATS", "detect, classify")
    for one in requests:
        ms = (one.outcome.times_ms.p50, one.mean_ms, one.http_ms, one.nats_ms, *(one.step_ms[step] for step in STEPS))
        times.add_row(f"{one.min_face_px} px", *(f"{value:.1f}" for value in ms))
        api, nats, everything = (one.outcome.cpu_ms_each(name) for name in (FACE_API, NATS, None))
        cpu.add_row(f"{one.min_face_px} px", *(f"{ms:.1f}" for ms in (everything, api, nats, everything - api - nats)))
    return times, cpu


def small_faces_table(results: SmallFaces) -> Table:
    """Who finds which faces, and what it takes to look for them."""
    sizes = (f"{size_px}\npx" for size_px in SIZES_PX)
    table = _table("Faces found by their width", "who looks", "CPU\nms", *sizes, "wrong\nboxes")
    for who in results.names():
        shares = (f"{results.found_share(who, size_px):.0%}" for size_px in SIZES_PX)
        table.add_row(who, f"{results.cpu_ms(who):.0f}", *shares, f"{results.wrong(who)}")
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table
