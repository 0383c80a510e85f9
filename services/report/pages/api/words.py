"""What may be asked: a word that nobody knows is refused, so that a slip never gives the numbers of everybody."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from services.report.domain.periods import Preset
from services.report.domain.places import Level
from services.report.domain.questions import Asked
from services.report.handler.tallies import Tallies, UnknownPlaceError
from services.report.pages.questions import PLACE_PATTERN, SLUG_PATTERN, PlaceWord, When, read_place
from services.report.pages.security import SignedIn

MOST_SUBJECTS: Final = 6
MOST_STANDINGS: Final = 200
MOST_PAGES: Final = 5000
Asking = Annotated[When, Depends()]
CameraSlug = Annotated[str, Path(pattern=f"^{SLUG_PATTERN}$", description="Short name of a camera")]
PlaceWords = Annotated[
    list[Annotated[str, Query(pattern=PLACE_PATTERN)]],
    Query(
        alias="place",
        min_length=1,
        max_length=MOST_SUBJECTS,
        description="Given once for each place that is compared, the first one being what the others are measured by",
    ),
]


@dataclass(frozen=True, slots=True)
class Span:
    """A period alone, for what cannot be filtered: a dependency."""

    period: Annotated[Preset, Query(description="A period that ends yesterday, the last complete day")] = (
        Preset.FOUR_WEEKS
    )
    first: Annotated[date | None, Query(alias="from", description="First day; goes before `period`")] = None
    last: Annotated[date | None, Query(alias="to", description="Last day, included")] = None


class ApiRoute(APIRoute):
    """A route that says which word of a query makes no sense."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with an answer of ours where FastAPI refuses a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return refusal("; ".join(f"{_name(one)}: {one['msg']}" for one in error.errors()))

        return answer


def refusal(detail: str) -> JSONResponse:
    """What is answered to a question that makes no sense."""
    return JSONResponse({"error": {"title": "That question makes no sense", "detail": detail[:500]}}, status_code=422)


def _name(error: Any) -> str:
    return str(error["loc"][1]) if len(error["loc"]) > 1 else "query"


async def only_known_words(request: Request) -> None:
    """Refuse words that the address does not take, that have no value, or that are given twice where once is meant.

    Raises:
        RequestValidationError: there is one.
    """
    asked = request.app.openapi()["paths"][request.scope["route"].path]["get"].get("parameters", ())
    known = {word["name"]: word["schema"].get("type") == "array" for word in asked if word["in"] == "query"}
    for word in dict.fromkeys(request.query_params):
        if word not in known:
            raise _error(word, f"there is no such word here, only {', '.join(known) or 'none'}")
        if not known[word] and len(request.query_params.getlist(word)) > 1:
            raise _error(word, "given more than once")
        # Pages take an empty field of a form for one that was left out; here it is a slip.
        if not request.query_params[word] and word != "q":
            raise _error(word, "has no value")


def _error(word: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", word[:40]), "msg": message, "type": "value_error"}])


def tallies_of(request: Request) -> Tallies:
    """The database."""
    tallies: Tallies = request.app.state.tallies
    return tallies


async def home_of(request: Request, person_id: int) -> tuple[Level, str] | None:
    """The place that is meant where none is named."""
    async with tallies_of(request).seen_by(person_id) as reader:
        return await reader.home()


async def asked_for(request: Request, viewer: SignedIn, when: Asking, place: PlaceWord = None) -> Asked:
    """The question.

    Raises:
        UnknownPlaceError: no place was named, and the viewer may see none.
    """
    found = read_place(place) if place else await home_of(request, viewer.person_id)
    if found is None:
        raise UnknownPlaceError
    return when.of(*found)


Question = Annotated[Asked, Depends(asked_for)]
