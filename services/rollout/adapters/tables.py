"""Releases and choices as tables for a terminal."""

from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.table import Table

from services.common.model_choice import ChoiceError, ModelChoice, ReleaseId, Trial
from services.rollout.domain import Compared, Release

_DIGITS = 8


def releases_table(releases: Mapping[str, Release | None], in_service: ReleaseId) -> Table:
    """All releases; the one in service is marked."""
    table = _table("", "name", "kind", "made (UTC)", "MB", "digest", "made from")
    for name, release in releases.items():
        if release is None:
            table.add_row("", name, "not complete")
        else:
            table.add_row(
                "*" if release.id == in_service else "",
                name,
                release.kind,
                f"{release.made_at:%Y-%m-%d %H:%M}",
                f"{release.size_bytes / 1e6:.1f}",
                release.sha256.hex()[:_DIGITS],
                release.made_from,
            )
    return table


def choices_table(choices: Iterable[ModelChoice], trusted: Mapping[str, Ed25519PublicKey]) -> Table:
    """What was chosen when, by whom and why, and what was tried out."""
    table = _table("promoted (UTC)", "release", "digest", "canary", "shadow", "by", "reason")
    for choice in choices:
        try:
            choice.check_trust(trusted)
            by = choice.promoted_by
        except ChoiceError as error:
            by = f"{choice.promoted_by} (not followed: {error})"
        release = choice.release
        table.add_row(
            f"{choice.promoted_at:%Y-%m-%d %H:%M}",
            release.name,
            release.sha256.hex()[:_DIGITS],
            _trial(choice.canary),
            _trial(choice.shadow),
            by,
            choice.reason,
        )
    return table


def release_table(release: Release) -> Table:
    """The figures of a release."""
    table = _table("measure", "of", "value")
    for figure in release.figures:
        table.add_row(figure.measure, figure.data, f"{figure.value:g}")
    return table


def comparison_table(first: str, second: str, rows: Iterable[Compared]) -> Table:
    """The figures of two releases, side by side."""
    table = _table("measure", "of", first, second)
    for row in rows:
        table.add_row(row.measure, row.data, *("" if value is None else f"{value:g}" for value in row[2:]))
    return table


def _trial(trial: Trial | None) -> str:
    return "" if trial is None else f"{trial.release.name} {trial.share:.3g}"


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
