"""facetally models: releases of models, and which of them is in service."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import typer

from services.common.command_line import errors, fail, failures, output, settings_of
from services.common.model_choice import (
    BUILT_IN,
    ChoiceError,
    ModelChoice,
    Role,
    new_private_key,
    private_key_of,
    public_keys_of,
    public_text,
)
from services.common.release_store import ReleaseStore
from services.rollout.adapters.held_out import HeldOutFaces
from services.rollout.adapters.kv_board import KvBoard
from services.rollout.adapters.programs import check_fit
from services.rollout.adapters.release_shelf import ReleaseShelf
from services.rollout.adapters.tables import choices_table, comparison_table, release_table, releases_table
from services.rollout.domain import Release, RolloutError, compared
from services.rollout.handler import Promoter, Rollout
from services.rollout.settings import MODELS_FILE, RolloutSettings

T = TypeVar("T")
app = typer.Typer(help="Releases of models, and which of them is in service.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The release's name")]
By = Annotated[str | None, typer.Option("--by", help="Who decides: whose key it is")]
Key = Annotated[Path | None, typer.Option("--key", help="File with the key to sign with")]
Tried = Annotated[
    str | None,
    typer.Argument(help="The release's name; built-in: the models that come with the code", show_default=False),
]
Stop = Annotated[bool, typer.Option("--stop", help="End what is tried out in this way")]


class _Opened(NamedTuple):
    shelf: ReleaseShelf
    board: KvBoard
    rollout: Rollout


@app.command("add")
def add_command(folder: Annotated[Path, typer.Argument(help="Folder of the release")]) -> None:
    """Keep a release that passes its self-test in the store. It is in service once it is promoted, and can never be changed."""
    settings = _settings()
    with _failures("Nothing was added"):
        release, is_new = asyncio.run(_add(settings, folder))
    told = (
        f"The release {release.name} is in the store." if is_new else f"The release {release.name} was there already."
    )
    errors.print(f"{told} `facetally models promote {release.name}` puts it into service.", soft_wrap=True)


async def _add(settings: RolloutSettings, folder: Path) -> tuple[Release, bool]:
    await check_fit(folder)
    return await ReleaseShelf(ReleaseStore(settings.s3)).add(folder)


@app.command("list")
def list_command() -> None:
    """List the releases, and say which one is in service, since when, and by whose word."""

    async def look(opened: _Opened) -> tuple[dict[str, Release | None], ModelChoice | None]:
        return await opened.shelf.releases(), (await opened.board.chosen())[0]

    settings = _settings()
    with _failures("Not listed"):
        releases, chosen = _opened(settings, look)
    if releases:
        output.print(releases_table(releases, chosen.release if chosen else BUILT_IN))
    else:
        errors.print("There are no releases. `facetally models add FOLDER` adds one.")
    if chosen:
        output.print(choices_table([chosen], public_keys_of(settings.trusted_keys)))
    else:
        output.print("Nothing was promoted: the models that come with the code are in service.")


@app.command("show")
def show_command(name: Name) -> None:
    """Show a release: what it was made from, and how right it is."""
    settings = _settings()
    with _failures("Not shown"):
        release = asyncio.run(ReleaseShelf(ReleaseStore(settings.s3)).read(name))
    output.print(
        f"{release.name}, {release.kind}: {', '.join(release.nets)}\nmade {release.made_at:%Y-%m-%d %H:%M} from "
        f"{release.made_from}\nSHA-256 of release.toml: {release.sha256.hex()}",
        soft_wrap=True,
    )
    output.print(release_table(release))


@app.command("diff")
def diff_command(first: Name, second: Name) -> None:
    """Show the figures of two releases side by side."""
    shelf = ReleaseShelf(ReleaseStore(_settings().s3))

    async def both() -> tuple[Release, Release]:
        return await shelf.read(first), await shelf.read(second)

    with _failures("Not compared"):
        releases = asyncio.run(both())
    output.print(comparison_table(first, second, compared(*releases)))


@app.command("history")
def history_command() -> None:
    """Show what was in service when, by whose word, and why."""
    settings = _settings()
    with _failures("Not shown"):
        choices = _opened(settings, lambda opened: opened.board.history())
    output.print(choices_table(choices, public_keys_of(settings.trusted_keys)))


@app.command("promote")
def promote_command(
    name: Annotated[str, typer.Argument(help="The release's name; built-in: the models that come with the code")],
    by: By = None,
    key: Key = None,
    force: Annotated[
        str | None, typer.Option(help="Why it goes into service whatever speaks against it; kept with the choice")
    ] = None,
    held_out: Annotated[
        Path | None, typer.Option(help="Folder of a data set: its labelled faces say whether the release is no worse")
    ] = None,
) -> None:
    """Put a release into service, everywhere, without a restart."""
    settings = _settings()
    if held_out:
        settings = settings.model_copy(update={"held_out": held_out})
    with _failures("Nothing was promoted"):
        promoter = _promoter(settings, by, key)
        choice = _opened(settings, lambda opened: opened.rollout.promote(name, promoter, force, datetime.now(UTC)))
    _say(choice)


@app.command("rollback")
def rollback_command(
    by: By = None,
    key: Key = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the choice")] = "rolled back",
) -> None:
    """Put into service what was in service before."""
    settings = _settings()
    with _failures("Nothing was rolled back"):
        promoter = _promoter(settings, by, key)
        choice = _opened(settings, lambda opened: opened.rollout.roll_back(promoter, reason, datetime.now(UTC)))
    _say(choice)


@app.command("canary")
def canary_command(
    name: Tried = None,
    share: Annotated[
        float | None, typer.Option(help="Of the cameras: 0.1 is every tenth, always the same ones")
    ] = None,
    stop: Stop = False,
    by: By = None,
    key: Key = None,
) -> None:
    """Let a release estimate the photos of some cameras: what it says of them counts."""
    _try_out(Role.CANARY, name, share, stop, by, key)


@app.command("shadow")
def shadow_command(
    name: Tried = None,
    share: Annotated[float | None, typer.Option(help="Of the photos: 0.05 is one in twenty")] = None,
    stop: Stop = False,
    by: By = None,
    key: Key = None,
) -> None:
    """Let a release estimate some photos once more, while nothing else waits: what it says is compared, and counts nowhere."""
    _try_out(Role.SHADOW, name, share, stop, by, key)


def _try_out(role: Role, name: str | None, share: float | None, stop: bool, by: str | None, key: Path | None) -> None:
    settings = _settings()
    with _failures("Nothing was changed"):
        if (name is None or share is None) != stop or (stop and (name or share)):
            raise RolloutError("say which release, and how much: `NAME --share SHARE`; or `--stop` alone")
        promoter = _promoter(settings, by, key)

        async def change(opened: _Opened) -> ModelChoice:
            if name is None or share is None:
                return await opened.rollout.stop(role, promoter, datetime.now(UTC))
            return await opened.rollout.try_out(role, name, share, promoter, datetime.now(UTC))

        choice = _opened(settings, change)
    trial = choice.trial(role)
    errors.print(
        f"There is no {role} any more."
        if trial is None
        else f"{trial.release.name} is the {role} for {trial.share:.0%}, within seconds wherever it passes its self-test "
        "(docs/models.md).",
        soft_wrap=True,
    )


@app.command("key")
def key_command(file: Annotated[Path, typer.Argument(help="File to make")]) -> None:
    """Make a key to sign with, and print the public key that classify is to trust."""
    key = new_private_key()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(key)
    except OSError as error:
        fail("No key was made", f"{file}: {error.strerror}.")
        raise typer.Exit(1) from error
    typer.echo(public_text(private_key_of(key)))
    errors.print(
        f"The key is in {file}: whoever has it decides what is in service. The line above is its public key, for "
        "FACETALLY_CLASSIFY_ROLLOUT__TRUSTED_KEYS and FACETALLY_ROLLOUT_TRUSTED_KEYS.",
        soft_wrap=True,
    )


def _say(choice: ModelChoice) -> None:
    errors.print(
        f"{choice.release.name} is chosen, and in service within seconds wherever it passes its self-test; until then, and where it "
        f"does not, {choice.before.name} stays (docs/models.md).",
        soft_wrap=True,
    )


def _promoter(settings: RolloutSettings, by: str | None, key: Path | None) -> Promoter:
    name, file = by or settings.promoter, key or settings.key_file
    if not name or not file:
        raise RolloutError("say who decides, and with which key: `--by WHO --key FILE`")
    try:
        return Promoter(name, private_key_of(file.read_bytes()))
    except (OSError, ChoiceError) as error:
        raise RolloutError(f"{file}: {error}") from error


def _opened(settings: RolloutSettings, work: Callable[[_Opened], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _opening(settings) as opened:
            return await work(opened)

    return asyncio.run(run())


@asynccontextmanager
async def _opening(settings: RolloutSettings) -> AsyncIterator[_Opened]:
    store = ReleaseStore(settings.s3)
    shelf = ReleaseShelf(store)
    judge = HeldOutFaces(store, settings.held_out) if settings.held_out else None
    async with KvBoard.connect(settings.nats) as board:
        yield _Opened(shelf, board, Rollout(shelf, board, public_keys_of(settings.trusted_keys), judge))


def _failures(otherwise: str) -> AbstractContextManager[None]:
    return failures(otherwise, RolloutError)


def _settings() -> RolloutSettings:
    return settings_of(RolloutSettings, "rollout", MODELS_FILE)


if __name__ == "__main__":
    app()
