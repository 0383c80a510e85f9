"""Jinja2, with the words that templates use."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.common.vocabulary import AgeBand, Gender
from services.report.domain.periods import Comparison, Preset
from services.report.pages import digests, graphics, heat, i18n, kpis, names, shop_map, tables, words
from services.report.pages.links import Links

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
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        words=words,
        names=names,
        graphics=graphics,
        digests=digests,
        kpis=kpis,
        heat=heat,
        shop_map=shop_map,
        tables=tables,
        asset=asset,
        LANGUAGE_NAMES=i18n.NAMES,
        GENDERS=tuple(Gender),
        BANDS=tuple(AgeBand),
        MOODS=names.MOOD_ORDER,
        PRESETS=tuple(Preset),
        COMPARISONS=tuple(Comparison),
    )
    return environment


def render(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """A page, in the language of whoever asks.

    Templates see what is passed, and `viewer` (None: nobody is signed in), `links` and `language`.
    """
    return HTMLResponse(rendered(request, template, **context), status_code=status)


def rendered(request: Request, template: str, **context: object) -> str:
    """What `render` answers, as text."""
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None:
        i18n.speak(viewer.language)
    values = {"viewer": viewer, "links": Links(request), "language": i18n.locale().language, **context}
    return _environment().get_template(template).render(values)


def written(template: str, **context: object) -> str:
    """A text that answers nobody's request, such as a mail or a page for print; templates see what is passed."""
    return _environment().get_template(template).render(context)


@cache
def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
