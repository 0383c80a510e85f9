"""The page Review, for admins: one drawn face after the other, what the models say, and what is right."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from services.common.visitors import EMOTIONS
from services.common.vocabulary import Gender
from services.report.domain.people import Viewer
from services.report.domain.review import GENDERS, OLDEST_YEARS, FaceLabel, ReviewError, ReviewFace
from services.report.handler.review import FaceRecords
from services.report.pages.i18n import _
from services.report.pages.security import Admin, note_now
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_FACE_ID = r"^[0-9a-f]{32}-[0-9]{1,5}$"
FaceId = Annotated[str, Path(pattern=_FACE_ID)]
Text = Annotated[str, Form(max_length=40)]


@router.get("/review")
async def review(
    request: Request, viewer: Admin, after: Annotated[str, Query(pattern=rf"^$|{_FACE_ID}")] = ""
) -> HTMLResponse:
    """The next face."""
    face = await _records(request).next(viewer.person_id, after)
    return await _page(request, viewer, face, after=after)


@router.get("/review/faces/{face_id}.png")
async def picture(request: Request, viewer: Admin, face_id: FaceId) -> Response:
    """A face's picture."""
    chip = await _records(request).chip(viewer.person_id, face_id)
    if chip is None:
        raise HTTPException(404)
    return Response(chip, media_type="image/png")


@router.get("/review/faces/{face_id}")
async def again(request: Request, viewer: Admin, face_id: FaceId) -> HTMLResponse:
    """A face once more, with what was said of it."""
    face = await _records(request).face(viewer.person_id, face_id)
    if face is None:
        raise HTTPException(404)
    return await _page(request, viewer, face)


@router.post("/review/faces/{face_id}")
async def label(
    request: Request,
    viewer: Admin,
    face_id: FaceId,
    age: Text = "",
    gender: Text = "",
    emotion: Text = "",
    do: Text = "save",
) -> Response:
    """Keep what somebody says of a face, and go on with the next."""
    # Read as they see it: nobody labels a face of a place that is not theirs.
    face = await _records(request).face(viewer.person_id, face_id)
    if face is None:
        raise HTTPException(404)
    try:
        said = {"right": lambda: face.as_predicted, "no_face": lambda: FaceLabel(is_face=False)}.get(
            do, lambda: FaceLabel.typed(age, gender, emotion)
        )()
    except ReviewError as error:
        typed = {"age": age, "gender": gender, "emotion": emotion}
        return await _page(request, viewer, face, typed=typed, problem=_refusal(error), status=422)
    # Which face, and not what of it: no log holds an estimate about a person.
    await note_now(request, "face_labelled", face_id)
    if not await _records(request).label(face_id, said, viewer.email):
        raise HTTPException(404)
    return RedirectResponse(f"/review?after={face_id}", status_code=303)


async def _page(
    request: Request,
    viewer: Viewer,
    face: ReviewFace | None,
    *,
    after: str = "",
    typed: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    if face and typed is None:
        said = face.said or face.as_predicted
        typed = {
            "age": "" if said.age_years is None else f"{said.age_years:g}",
            "gender": said.gender or "",
            "emotion": said.emotion or "",
        }
    return render(
        request,
        "review.html",
        status,
        face=face,
        typed=typed,
        progress=await _records(request).progress(viewer.person_id),
        after=after,
        problem=problem,
        genders=GENDERS,
        say_gender=_gender,
        emotions=EMOTIONS,
        oldest=int(OLDEST_YEARS),
    )


def _records(request: Request) -> FaceRecords:
    records: FaceRecords = request.app.state.faces
    return records


def _gender(which: Gender) -> str:
    """Of one person."""
    return _("Woman") if which is Gender.FEMALE else _("Man")


def _refusal(error: ReviewError) -> str:
    return {
        "no_age": _("An age is a number of years, from 0 to %(most)s.") % {"most": int(OLDEST_YEARS)},
        "no_choice": _("Choose one of the list."),
        "nothing": _("Say an age, a gender or an emotion; or that there is no usable face."),
    }[error.reason]
