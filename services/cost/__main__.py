"""facetally cost: what an estate needs, and what that costs."""

import dataclasses
import inspect
import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from services.cost.adapters.cost_tables import CostTables
from services.cost.domain.assumptions import GIVEN, KINDS, AssumptionError, Assumptions, option
from services.cost.domain.estimate import estimate
from services.cost.domain.verdict import verdict

app = typer.Typer(add_completion=False)


def cost(*, as_json: bool, **values: Any) -> None:
    """Reckon an estate's machines, storage and money, beside the cloud's face API. Prices are examples: put in your own."""
    try:
        given = Assumptions(**values)
    except AssumptionError as error:
        raise typer.BadParameter(str(error), param_hint=option(error.name)) from error
    result = estimate(given)
    if as_json:
        known = {
            name: {"value": getattr(given, name), "unit": one.unit, "what": one.what, "default_from": one.source}
            for name, one in GIVEN.items()
        }
        typer.echo(json.dumps({"assumed": known, **dataclasses.asdict(result), "verdict": verdict(result)}, indent=2))
    else:
        CostTables().print(given, result)


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for every assumption, so that each is written down once."""
    as_json = Annotated[bool, typer.Option("--json", help="For programs, and without rounding")]
    annotations: dict[str, tuple[Any, object]] = {"as_json": (as_json, False)}
    for field in dataclasses.fields(Assumptions):
        known = GIVEN[field.name]
        words = typer.Option(
            option(field.name),
            help=f"{known.what}, {known.unit}" if known.unit else known.what,
            rich_help_panel=known.group,
        )
        annotations[field.name] = (Annotated[KINDS[field.name], words], field.default)
    signature = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for name, (annotation, default) in annotations.items()
        ]
    )
    # Typer reads it, as `inspect.signature` does.
    vars(command)["__signature__"] = signature
    return command


app.command("cost")(_with_options(cost))

if __name__ == "__main__":
    app()
