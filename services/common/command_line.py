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
from rich.text import Text

from services.common.errors import TransientError
from services.common.lifecycle import explain_settings
from services.common.settings import state_file

S = TypeVar("S", bound=BaseSettings)
# What a command has to say goes to the first, what it was asked for to the second.
# Brackets in what people have named are brackets.
errors: Final = Console(stderr=True, highlight=False, markup=False)
output: Final = Console(highlight=False, markup=False)


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
        fail(otherwise, f"{error}.")
        raise typer.Exit(1) from error
    except TransientError as error:
        fail(otherwise, f"{error}. On one machine `facetally up` must be running.")
        raise typer.Exit(1) from error


def fail(otherwise: str, why: str) -> None:
    """Say what was not done, and why."""
    errors.print(Text.assemble((f"{otherwise}: ", "red"), why), soft_wrap=True)


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
