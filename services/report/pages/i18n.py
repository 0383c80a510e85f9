"""Languages: which one an answer is in, and its words. Templates and code say English; files say the others.

The language belongs to the request: whoever asks sets it (`Language`, then `speak` when it is known who asks), and
everything that makes words below asks for it. Catalogues are read as they are written (locale/de/LC_MESSAGES/*.po), so
that nothing compiled is kept.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

CATALOGUES: Final = Path(__file__).parents[1] / "locale"
# The first is the one that the code is written in.
LANGUAGES: Final = {"en": Locale("en", "GB"), "de": Locale("de", "DE")}
NAMES: Final = {"en": "English", "de": "Deutsch"}
SOURCE: Final = "en"

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


def speak(language: str) -> None:
    """Say everything from here on, in this request, in a language; one that is not known leaves it as it is."""
    if language in LANGUAGES:
        _language.set(language)


def language() -> str:
    """What is spoken: a key of LANGUAGES."""
    return _language.get()


def locale() -> Locale:
    """How numbers and dates are written in what is spoken."""
    return LANGUAGES[_language.get()]


def understood(accept_language: str) -> str:
    """The language that a browser likes best, of those that there are.

    Args:
        accept_language: the header, such as "de-AT,de;q=0.9,en;q=0.5".
    """
    wanted = sorted(_wishes(accept_language), key=lambda wish: -wish[1])
    found = negotiate_locale([tag for tag, quality in wanted if quality > 0], list(LANGUAGES), sep="-")
    return found if found in LANGUAGES else SOURCE


def _wishes(accept_language: str) -> Sequence[tuple[str, float]]:
    wishes = []
    for part in accept_language[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((tag.strip(), float(quality or 1)))
        except ValueError:
            continue
    return wishes


@cache
def catalogue(language: str) -> NullTranslations:
    """A language's words; those of the source are the words themselves."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str) -> str:
    """A message in the language that is spoken. Values go in afterwards: `_("%(n)s shops") % {"n": 3}`."""
    return catalogue(_language.get()).gettext(message)


def ngettext(one: str, many: str, number: float) -> str:
    """A message that depends on how many there are."""
    return catalogue(_language.get()).ngettext(one, many, int(number) if number == 1 else 2)


_ = gettext


class Language:
    """Speaks what the browser asks for, until it is known who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            speak(understood(Headers(scope=scope).get("accept-language", "")))
        await self._app(scope, receive, send)
