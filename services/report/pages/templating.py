"""Jinja2, with the words that templates use."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.report.pages import words

FOLDER = Path(__file__).parents[1]
STATIC = FOLDER / "static"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(words=words, asset=asset)
    return environment


def render(template: str, status: int = 200, **context: object) -> HTMLResponse:
    """A page."""
    return HTMLResponse(_environment().get_template(template).render(**context), status_code=status)


@cache
def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
