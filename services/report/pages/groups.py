"""Groups of shops: who has which; analysts and admins make, change and delete them.

What somebody is writing lives in the address until it is kept: `name`, `shop` once for each, `shared`, `find` (letters
of a shop or city to choose from) and `edit`, the short name of the group that is changed. So the form needs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.report.domain.groups import FEWEST_SHOPS, MOST_SHOPS, GroupError, ShopGroup, draft_group, may_change
from services.report.domain.people import Role, Viewer
from services.report.handler.groups import Groups
from services.report.handler.tallies import UnknownPlaceError
from services.report.pages.i18n import _
from services.report.pages.questions import SLUG_PATTERN, Slug
from services.report.pages.security import Analyst, SignedIn, note_now
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_FOUND = 40
Words = Annotated[list[str], Query(max_length=2 * MOST_SHOPS)]
FormWords = Annotated[list[str], Form(max_length=2 * MOST_SHOPS)]


@dataclass(frozen=True, slots=True)
class Writing:
    """A group that somebody is writing.

    Args:
        shops: short names.
        find: letters of more shops to choose from.
        edit: short name of the group that is changed; empty for a new one.
    """

    name: str = ""
    shops: tuple[str, ...] = ()
    shared: bool = False
    find: str = ""
    edit: str = ""


@router.get("/groups")
async def groups_page(
    request: Request,
    viewer: SignedIn,
    name: Annotated[str | None, Query(max_length=200)] = None,
    shop: Words = [],  # noqa: B006 - FastAPI copies it
    shared: Annotated[str, Query(max_length=10)] = "",
    find: Annotated[str, Query(max_length=100)] = "",
    edit: Annotated[str, Query(pattern=f"^({SLUG_PATTERN})?$")] = "",
) -> HTMLResponse:
    """The groups that somebody may use, and the form of a new or changed one."""
    writing = Writing(name or "", tuple(shop), bool(shared), find.replace("\0", ""), edit)
    if edit and name is None:
        group = await _mine(request, viewer, edit)
        writing = Writing(group.name, group.shops, group.shared, find, edit)
    return await _page(request, viewer, writing)


@router.post("/groups")
async def make(
    request: Request,
    viewer: Analyst,
    name: Annotated[str, Form(max_length=200)] = "",
    shop: FormWords = [],  # noqa: B006 - FastAPI copies it
    shared: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Make a group."""
    groups: Groups = request.app.state.groups
    writing = Writing(name, tuple(shop), bool(shared))
    try:
        draft = draft_group(name, shop, shared=bool(shared))
        slug = await groups.make(viewer.person_id, draft)
    except GroupError as error:
        return await _page(request, viewer, writing, error)
    await note_now(request, "group_made", slug, shops=", ".join(draft.shops), shared=draft.shared)
    return RedirectResponse("/groups", 303)


@router.post("/groups/{slug}/change")
async def change(
    request: Request,
    viewer: Analyst,
    slug: Slug,
    name: Annotated[str, Form(max_length=200)] = "",
    shop: FormWords = [],  # noqa: B006 - FastAPI copies it
    shared: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Change a group."""
    groups: Groups = request.app.state.groups
    writing = Writing(name, tuple(shop), bool(shared), edit=slug)
    try:
        draft = draft_group(name, shop, shared=bool(shared))
        await groups.change(viewer.person_id, slug, draft, is_admin=viewer.may(Role.ADMIN))
    except GroupError as error:
        return await _page(request, viewer, writing, error)
    await note_now(request, "group_changed", slug, shops=", ".join(draft.shops), shared=draft.shared)
    return RedirectResponse("/groups", 303)


@router.post("/groups/{slug}/delete")
async def delete(request: Request, viewer: Analyst, slug: Slug) -> Response:
    """Delete a group."""
    groups: Groups = request.app.state.groups
    await groups.delete(viewer.person_id, slug, is_admin=viewer.may(Role.ADMIN))
    await note_now(request, "group_deleted", slug)
    return RedirectResponse("/groups", 303)


async def _mine(request: Request, viewer: Viewer, slug: str) -> ShopGroup:
    groups: Groups = request.app.state.groups
    for group in await groups.usable(viewer.person_id):
        if group.slug == slug and may_change(group, viewer.person_id, is_admin=viewer.may(Role.ADMIN)):
            return group
    raise UnknownPlaceError(slug)


async def _page(request: Request, viewer: Viewer, writing: Writing, error: GroupError | None = None) -> HTMLResponse:
    groups: Groups = request.app.state.groups
    chosen = await groups.named(viewer.person_id, writing.shops)
    slugs = {site.place.slug for site in chosen}
    found = [
        site
        for site in await groups.find_shops(viewer.person_id, writing.find, _MOST_FOUND)
        if site.place.slug not in slugs
    ]
    usable = await groups.usable(viewer.person_id)
    return render(
        request,
        "groups.html",
        422 if error else 200,
        groups=[(group, _may_change(viewer, group)) for group in usable],
        writing=writing,
        chosen=chosen,
        found=found,
        may_make=viewer.may(Role.ANALYST),
        error=said(error) if error else "",
        fewest=FEWEST_SHOPS,
        most=MOST_SHOPS,
    )


def _may_change(viewer: Viewer, group: ShopGroup) -> bool:
    return viewer.may(Role.ANALYST) and may_change(group, viewer.person_id, is_admin=viewer.may(Role.ADMIN))


def said(error: GroupError) -> str:
    """What is wrong, in the language that is spoken."""
    sentences: Sequence[tuple[str, str]] = (
        ("A group needs a name", _("A group needs a name")),
        ("letters at most", _("The name is too long")),
        ("shops at least", _("A group has %(number)s shops at least, so that it does not show one of them")),
        ("shops at most", _("A group has %(most)s shops at most")),
        ("may not see", _("One of these shops is not there, or you may not see it")),
    )
    for part, sentence in sentences:
        if part in str(error):
            return sentence % {"number": FEWEST_SHOPS, "most": MOST_SHOPS}
    return str(error)
