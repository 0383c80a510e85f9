"""What the estate's pages share: the use case, what somebody has typed, and what is said afterwards."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile

from services.common.cameras.path_patterns import PATTERN_NAMES
from services.estate.domain import CAMERA_COLUMNS, SHOP_COLUMNS, Change, Imported, NewSecret
from services.report.handler.estate import EditEstate
from services.report.pages.admin import estate_words
from services.report.pages.security import note_now
from services.report.pages.templating import render

T = TypeVar("T")
_MOST_LETTERS: Final = 20_000
# Lists that people type with one thing in each line.
_SEPARATORS: Final = {"identifiers": ";", "holidays": " "}
_MOST_NOTED: Final = 15


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else has changed it meanwhile.

    Args:
        rows: column, what is registered now, what was to become of it.
    """

    rows: tuple[tuple[str, str, str], ...]

    @classmethod
    def between(cls, current: Mapping[str, str], wanted: Mapping[str, str]) -> "Conflict":
        """All columns in which they differ."""
        return cls(
            tuple((key, value, wanted[key]) for key, value in current.items() if wanted.get(key, value) != value)
        )


def edit_of(request: Request) -> EditEstate:
    """The use case."""
    edit: EditEstate = request.app.state.edit_estate
    return edit


def text(form: FormData, name: str) -> str:
    """What somebody has typed, in one line."""
    value = form.get(name, "")
    typed = "" if isinstance(value, UploadFile) else value[:_MOST_LETTERS]
    separator = _SEPARATORS.get(name)
    if separator:
        typed = separator.join(part.strip() for part in typed.splitlines() if part.strip())
    return "".join(letter if letter.isprintable() else " " for letter in typed).strip()


def shop_values(form: FormData) -> dict[str, str]:
    """A shop's columns."""
    return {column: text(form, column) for column in SHOP_COLUMNS}


def camera_values(form: FormData) -> dict[str, str]:
    """A camera's columns."""
    return {column: text(form, column) for column in ("camera", *CAMERA_COLUMNS)}


def noted(
    request: Request, action: str, subject: str, details: Callable[[T], Mapping[str, object]] | None = None
) -> Callable[[T], Awaitable[None]]:
    """Writes a change into the audit log. What secrets there are is never among the details."""

    async def note(result: T) -> None:
        await note_now(request, action, subject, **(details(result) if details else {}))

    return note


def said(changes: Iterable[Change]) -> dict[str, object]:
    """Changes, as the audit log says them."""
    return {change.column: f"{change.was} -> {change.becomes}" for change in list(changes)[:_MOST_NOTED]}


def registered(imported: Imported) -> dict[str, object]:
    """What an import came to, as the audit log says it."""
    return {"cameras": imported.cameras, "new_logins": len({new.login for new in imported.new})}


def untold(request: Request) -> bool:
    """Whether it has to be said that the cells were not told of the latest change."""
    return edit_of(request).unpublished_since is not None or request.query_params.get("told") == "no"


def page(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """One of the estate's pages."""
    return render(
        request,
        template,
        status,
        untold=untold(request),
        say=estate_words,
        pattern_names=PATTERN_NAMES,
        **context,
    )


def go(address: str, *, cells_know: bool) -> Response:
    """After a change: the page that shows it."""
    return RedirectResponse(address + ("" if cells_know else "?told=no"), status_code=303)


def secrets_page(
    request: Request, secrets: Sequence[NewSecret], title: str, back: str, *, cells_know: bool
) -> HTMLResponse:
    """New secrets: in this answer, which nothing keeps, and nowhere else."""
    return page(
        request,
        "admin_secrets.html",
        secrets=secrets,
        title=title,
        back=back,
        cells_know=cells_know,
    )
