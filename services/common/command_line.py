"""What the commands that people type have in common: where their settings come from, and how they say what failed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from rich.console import Console

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.settings import state_file

S = TypeVar("S", bound=BaseSettings)
# What a command has to say goes here; what it was asked for goes to standard output.
errors: Final = Console(stderr=True, highlight=False)


@contextmanager
def failures(otherwise: str, expected: type[Exception]) -> Iterator[None]:
    """End the command with status 1 and a sentence, where what fails in the block is no bug.

    Args:
        otherwise: what was not done.
        expected: what the service raises where something cannot be; its message is a clause.
    """
    try:
        yield
    except expected as error:
        errors.print(f"[red]{otherwise}:[/] {error}.", soft_wrap=True)
        raise typer.Exit(1) from error
    except TransientError as error:
        errors.print(f"[red]{otherwise}:[/] {error}. On one machine `facetally up` must be running.", soft_wrap=True)
        raise typer.Exit(1) from error


def settings_of(kind: type[S], service: str, file: str) -> S:
    """A command's settings, from the environment, or on one machine from a file that standalone writes; otherwise it ends.

    Args:
        kind: the class.
        service: whose settings they are, as their names have it.
        file: its name in the state folder.
    """
    path = state_file(file, kind, os.environ)
    try:
        return kind(_env_file=path)
    except ValidationError as error:
        words = explain_settings(service, error)
        hint = f"\nOn one machine they are read from {path}, which `facetally up` writes." if path else ""
        sys.exit(f"{words}{hint}")
