"""Where a page is about, when its address does not say."""

from fastapi import Request

from services.report.domain.places import Level
from services.report.handler.tallies import Tallies
from services.report.pages.questions import read_place
from services.report.pages.security import SignedIn


async def asked_place(request: Request, viewer: SignedIn, word: str | None) -> tuple[Level, str] | None:
    """Level and slug of the place that an address asks for; without a word, where this person begins.

    None where they may see nothing at all.

    Raises:
        TransientError: the tallies are away.
    """
    if word is not None:
        return read_place(word)
    tallies: Tallies = request.app.state.tallies
    async with tallies.seen_by(viewer.person_id) as reader:
        return await reader.home()
