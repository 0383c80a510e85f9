"""make train-demo: labelled faces, a net that learns from them, its way into service while requests go on, and back."""

import asyncio
import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from bench.chain.machine import settings_of_its_own
from bench.exit_photos import FOLDER as DEMO_PHOTOS
from bench.retraining.faces import found_faces, labelled_faces
from bench.retraining.requests import Answered, requests
from models.dataset.manifest import About, write
from services.common.messaging import MessageBus
from services.common.release_store import ReleaseStore
from services.common.settings import ModelStoreSettings, NatsSettings
from services.faceapi.adapters.nats_models import NatsModels
from services.faceapi.handler.ask_faces import AskFaces
from services.standalone.machine import Machine, running_machine
from services.standalone.settings import StandaloneSettings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True, highlight=False)
_NAME: Final = "green-light"
_BUILT_IN: Final = "built-in"
_METRIC: Final = "age_error_years"
_CONFIG: Final = """name = "{name}"
dataset = "faces"
output = "run"
architecture = "multitask_small_050"
licence = "MIT"

[optimisation]
epochs = {epochs}
batch_size = 32
learning_rate = 5e-3
patience_epochs = 0
"""
_ANSWER_WITHIN_S: Final = 10.0
_IN_SERVICE_WITHIN_S: Final = 60.0
# Requests that are waited for before and after each change.
_REQUESTS_BETWEEN: Final = 50
_PHOTOS: Final = 6
_MAX_COMPARISON_BYTES: Final = 1_000_000


class DemoError(Exception):
    """It did not come as it should."""


@app.command()
def main(
    folder: Annotated[Path, typer.Option(help="Where everything is made; what is there is removed")] = Path(
        "build/train-demo"
    ),
    pictures: Annotated[int, typer.Option(help="Of each face")] = 60,
    epochs: Annotated[int, typer.Option(help="Of the training")] = 16,
) -> None:
    """Label, train, compare, promote, roll back; the last line is JSON."""
    began = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        said = asyncio.run(_demo(folder.resolve(), pictures, epochs))
    except DemoError as error:
        sys.exit(f"train-demo: {error}")
    typer.echo(json.dumps({"seconds": round(time.monotonic() - began, 1)} | said))


async def _demo(folder: Path, pictures: int, epochs: int) -> dict[str, Any]:
    about = await asyncio.to_thread(_write_faces, folder / "faces", pictures)
    _say(f"{sum(about.faces.values())} labelled faces in {folder / 'faces'}, version {about.version}")
    (folder / "train.toml").write_text(_CONFIG.format(name=_NAME, epochs=epochs))
    await _run("-m", "models.training", str(folder / "train.toml"))
    run = folder / "run"
    release = ("--card", str(run / f"{_NAME}.toml"), "--weights", str(run), "--made-from", "python -m bench.retraining")
    await _run("-m", "models.export.release", _NAME, str(folder / "release"), *release)
    async with running_machine(_settings(folder / "state"), lambda _: None) as machine:
        return await _roll_out(folder, machine, about)


def _settings(state: Path) -> StandaloneSettings:
    """Ports that nobody listens on; what the environment says is so."""
    said = StandaloneSettings(state_dir=state).model_dump(exclude_unset=True)
    return settings_of_its_own(state).model_copy(update=said)


def _write_faces(folder: Path, pictures: int) -> About:
    _say("Looking for faces in the demo photos")
    found = list(found_faces(DEMO_PHOTOS.glob("*.jpg")))
    faces = labelled_faces(found, pictures, seed=0)
    drawn_from = "demo photos in the light of a made-up shop, labelled by the default nets in good light"
    return write(folder, faces, name="green-shop", drawn_from=drawn_from, made_at=datetime.now(UTC))


async def _roll_out(folder: Path, machine: Machine, about: About) -> dict[str, Any]:
    photos = sorted({photo for photo, _ in found_faces(DEMO_PHOTOS.glob("photo-0*.jpg"))})[:_PHOTOS]
    nats = NatsSettings.model_validate(machine.nats("faceapi"))
    models = _models_command(folder / "state")
    async with (
        MessageBus.connect(nats, "faceapi") as bus,
        requests(AskFaces(NatsModels(bus, _ANSWER_WITHIN_S)), [photo.read_bytes() for photo in photos]) as answered,
    ):
        before = await _some_more(answered)
        await models("add", str(folder / "release"))
        await models("promote", _NAME, "--held-out", str(folder / "faces"))
        await _until(answered, _NAME)
        _say(f"classify answers as {await _some_more(answered)}, and as {before} until then")
        await models("rollback", "--reason", "the demo is over")
        await _until(answered, before)
        _say(f"classify answers as {await _some_more(answered)} again")
    metric = await _compared(machine, about)
    return {
        "metric": f"{_METRIC}, mean of held-out pictures",
        "metric_before": round(metric["before"][0], 3),
        "metric_after": round(metric["after"][0], 3),
        "requests": answered.requests,
        "errors_during_swap": answered.errors,
    }


async def _some_more(answered: Answered) -> str:
    """Wait for a few more requests; the version that answered last."""
    enough = answered.requests + _REQUESTS_BETWEEN
    await answered.until(lambda now: now.requests >= enough, _IN_SERVICE_WITHIN_S)
    return answered.latest


async def _until(answered: Answered, version: str) -> None:
    """Wait for an answer of a version that begins so."""
    try:
        await answered.until(lambda now: now.latest.startswith(version), _IN_SERVICE_WITHIN_S)
    except TimeoutError as error:
        raise DemoError(f"after {_IN_SERVICE_WITHIN_S:.0f} s nothing is answered as {version}") from error


async def _compared(machine: Machine, about: About) -> dict[str, Any]:
    """What `promote` has found and kept, of everybody's ages."""
    store = ReleaseStore(ModelStoreSettings.model_validate(machine.s3("models")))
    file = f"comparison-{_BUILT_IN}-{about.name}-{about.version}.json"
    comparisons = json.loads(await store.get(_NAME, file, _MAX_COMPARISON_BYTES))["comparisons"]
    found: dict[str, Any] = next(
        each for each in comparisons if (each["figure"], each["group"]) == (_METRIC, "everybody")
    )
    return found


def _models_command(state: Path) -> Any:
    async def models(*arguments: str) -> None:
        _say(f"$ facetally models {' '.join(arguments)}")
        await _run("-m", "services.rollout", *arguments, FACETALLY_STANDALONE_STATE_DIR=str(state))

    return models


async def _run(*arguments: str, **environment: str) -> None:
    """Run a program of Python's, and see that it succeeds; it speaks where this one does, but never into the last line."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=os.environ | environment, stdout=sys.stderr
    )
    if await program.wait():
        raise DemoError(f"`python {' '.join(arguments)}` failed")


def _say(text: str) -> None:
    _console.print(text, soft_wrap=True)


if __name__ == "__main__":
    app()
