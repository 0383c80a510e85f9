"""Findings, backlogs and dead letters, in a terminal."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from services.operate.domain.backlog import Line
from services.operate.domain.findings import Finding, State, duration, size, summary
from services.operate.domain.letters import Summary

_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.BROKEN: "red"}
_INDENT = " " * 9


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """A line for each, below it what to do; then how many are not in order. Lines are not cut: logs and pipes take them."""
    for finding in findings:
        colour = _COLOURS[finding.state]
        mark = f"[{colour}]{finding.state.value:<8}[/]"
        console.print(f"{mark} [bold]{escape(finding.subject)}[/]: {escape(finding.says)}", soft_wrap=True)
        if finding.next_step:
            console.print(f"{_INDENT}{escape(finding.next_step)}", soft_wrap=True, style="dim")
    console.print(f"\n{summary(findings)}", soft_wrap=True)


def backlog_table(lines: Sequence[Line]) -> RenderableType:
    """A row for each consumer, and each stream that has none."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("stream", no_wrap=True)
    table.add_column("consumer", no_wrap=True)
    for heading in ("waiting", "in work", "again", "oldest", "full", "in/s", "out/s", "empty in"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(
            line.stream,
            line.consumer or "",
            f"{line.waiting:,}",
            f"{line.unanswered:,}",
            f"{line.redelivered:,}",
            _oldest(line),
            f"{line.bytes / line.max_bytes:.0%} of {size(line.max_bytes)}" if line.max_bytes > 0 else size(line.bytes),
            f"{line.arriving_per_s:.1f}",
            f"{line.answered_per_s:.1f}",
            _empty(line),
        )
    unknown = [line for line in lines if _oldest(line) == "?"]
    notes = [
        f"?: {line.stream} keeps what is answered, and does not say how old the first other message is. "
        f"{line.consumer} last got ahead {duration(line.answered_s)} ago."
        for line in unknown
        if line.answered_s is not None
    ]
    return Group(table, *notes)


def backlog_json(lines: Sequence[Line]) -> str:
    """The same for machines, one line."""
    return json.dumps([asdict(line) for line in lines])


def print_letters(letters: Sequence[Summary], console: Console) -> None:
    """Two lines for each dead letter: what it is, and why it died. Lines are not cut."""
    for letter in letters:
        known = " ".join(part or "?" for part in (letter.camera, letter.photo))
        died = f"{letter.died_at:%Y-%m-%d %H:%M:%S}"
        console.print(f"{letter.number:>7} {escape(letter.stage):<8} {died} {escape(known)}", soft_wrap=True)
        console.print(f"{'':>7} {escape(letter.reason)}", soft_wrap=True, style="dim")


def _oldest(line: Line) -> str:
    if line.oldest_s is not None:
        return _short(line.oldest_s)
    return "?" if line.waiting + line.unanswered else ""


def _empty(line: Line) -> str:
    if line.consumer is None:
        return ""
    if line.empty_in_s is None:
        return "never"
    return _short(line.empty_in_s) if line.empty_in_s else ""


def _short(seconds: float) -> str:
    """A time span in one unit."""
    return " ".join(duration(seconds).split()[:2])
