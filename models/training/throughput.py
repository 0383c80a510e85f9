"""How many faces a second a net is trained on here, by batch size, number format and layout: python -m models.training.throughput."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from models.architectures.multitask import AGE_BINS, EMOTIONS, GENDERS, MULTITASK
from models.preprocess import NET_SIZE_PX
from models.training.config import Losses, Optimisation
from models.training.losses import Targets, task_losses, total
from models.training.state import TrainingState

_WARM_UP_STEPS = 2


@dataclass(frozen=True, slots=True)
class Throughput:
    """One measurement: steps alone, faces being prepared already.

    Args:
        architecture: of the net.
        batch_size: faces a step.
        bf16: whether convolutions are computed in bfloat16.
        channels_last: how pixels lie in memory.
        faces_per_s: trained.
    """

    architecture: str
    batch_size: int
    bf16: bool
    channels_last: bool
    faces_per_s: float


def measure(
    architecture: str, batch_size: int, *, bf16: bool, channels_last: bool, device: torch.device, seconds: float
) -> Throughput:
    """Train on noise for a while.

    Args:
        architecture: one of MULTITASK.
        batch_size: faces a step.
        bf16: compute convolutions in bfloat16.
        channels_last: how pixels lie in memory.
        device: where.
        seconds: for how long, after two steps that are not counted; at least one step is.
    """
    torch.manual_seed(0)
    state = TrainingState(MULTITASK[architecture](), Optimisation(), device, channels_last=channels_last)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    pixels = (
        torch.rand(batch_size, 3, NET_SIZE_PX, NET_SIZE_PX, device=device).mul(255).contiguous(memory_format=layout)
    )
    targets = Targets(
        age_years=torch.randint(AGE_BINS, (batch_size,)).float(),
        gender=torch.randint(GENDERS, (batch_size,)),
        emotion=torch.randint(EMOTIONS, (batch_size,)),
        soft_age_years=torch.randint(AGE_BINS, (batch_size,)).float(),
        soft_gender=torch.rand(batch_size, GENDERS).softmax(1),
        soft_emotion=torch.rand(batch_size, EMOTIONS).softmax(1),
    ).map(lambda each: each.to(device))

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = state.net.logits(pixels)
        state.optimiser.zero_grad()
        total(task_losses(logits, targets, Losses()), Losses()).backward()  # type: ignore[no-untyped-call]
        state.optimiser.step()
        state.average()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    state.net.train()
    for _ in range(_WARM_UP_STEPS):
        step()
    steps, began = 0, time.perf_counter()
    while not steps or time.perf_counter() - began < seconds:
        step()
        steps += 1
    taken = time.perf_counter() - began
    return Throughput(architecture, batch_size, bf16, channels_last, steps * batch_size / taken)


def measure_all(
    architectures: list[str], batch_sizes: list[int], device: torch.device, seconds: float
) -> Iterator[Throughput]:
    """Every combination."""
    for architecture, batch_size, bf16, channels_last in product(
        architectures, batch_sizes, (False, True), (True, False)
    ):
        yield measure(architecture, batch_size, bf16=bf16, channels_last=channels_last, device=device, seconds=seconds)


def main(
    architecture: Annotated[
        list[str] | None, typer.Option(help="Again for more; by default the small and the large")
    ] = None,
    batch_size: Annotated[list[int] | None, typer.Option(help="Again for more; by default 64")] = None,
    seconds: Annotated[float, typer.Option(help="For each measurement")] = 5.0,
    threads: Annotated[int, typer.Option(help="Of the processor; 0 for as many as PyTorch takes by itself")] = 0,
) -> None:
    """Measure, and print a table."""
    if threads:
        torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    table = Table(title=f"Faces a second in training, {device.type}, {torch.get_num_threads()} threads")
    for column in ("net", "batch", "format", "layout"):
        table.add_column(column)
    table.add_column("faces/s", justify="right")
    nets = architecture or ["multitask_small_100", "multitask_large_100"]
    for found in measure_all(nets, batch_size or [64], device, seconds):
        table.add_row(
            found.architecture,
            str(found.batch_size),
            "bf16" if found.bf16 else "fp32",
            "channels last" if found.channels_last else "channels first",
            f"{found.faces_per_s:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
