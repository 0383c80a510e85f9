"""What is collected of whom and for how long, and a notice to put up at the entrance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.report.pages import i18n
from services.report.pages.security import SignedIn
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days things are kept; None: whoever runs this has not said so. 0: for ever.

    Args:
        photos: in the photo store.
        results: photo by photo and face by face, in the database.
        tallies: the numbers that the reports show.
        audit: who saw and exported what.
    """

    photos: int | None = None
    results: int | None = None
    tallies: int | None = None
    audit: int | None = None


@router.get("/privacy")
async def privacy(request: Request, _viewer: SignedIn) -> HTMLResponse:
    """What is collected, what is not, and who sees it."""
    return render(request, "privacy.html", kept=request.app.state.kept, threshold=request.app.state.min_cell)


@router.get("/privacy/notice")
async def notice(request: Request, _viewer: SignedIn, who: Typed = "", contact: Typed = "") -> HTMLResponse:
    """A notice for the entrance, in every language that there is."""
    kept: Kept = request.app.state.kept
    notices = [(language, _notice(i18n.catalogue(language).gettext, kept.photos)) for language in i18n.LANGUAGES]
    return render(request, "privacy_notice.html", notices=notices, who=_clean(who), contact=_clean(contact))


def _clean(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()


def _notice(_: Callable[[str], str], photos_days: int | None) -> Mapping[str, object]:
    """The notice's words in one language."""
    if photos_days:
        kept = _("Photos are deleted after %(days)s days. What stays are numbers of which nobody can be told.")
        kept %= {"days": photos_days}
    else:
        kept = _("Photos are deleted after a time. What stays are numbers of which nobody can be told.")
    return {
        "title": _("We count visitors with a camera"),
        "lines": [
            _(
                "A camera at the exit takes photos. A computer estimates age group, gender and mood of the people in them."
            ),
            _("Nobody is recognised: no names, no face templates, no comparison with other photos."),
            kept,
        ],
        "who": _("Responsible"),
        "contact": _("Questions, and your rights"),
    }
