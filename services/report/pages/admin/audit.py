"""The audit log, for admins: who saw, exported and changed what."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.report.domain.audit import AuditQuestion
from services.report.pages import people_words
from services.report.pages.security import Admin, gate_of
from services.report.pages.templating import render

_ON_A_PAGE = 100

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/audit")
async def audit(
    request: Request,
    _viewer: Admin,
    person: Annotated[str, Query(pattern=r"^[0-9]{0,9}$")] = "",
    action: Annotated[str, Query(max_length=60)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:
    """Entries, the newest first."""
    gate = gate_of(request)
    question = AuditQuestion(int(person) if person else None, action.replace("\0", "") or None, before)
    entries = await gate.trail.store.entries(question, _ON_A_PAGE + 1)
    return render(
        request,
        "admin_audit.html",
        entries=[entry for _id, entry in entries[:_ON_A_PAGE]],
        older=entries[_ON_A_PAGE - 1][0] if len(entries) > _ON_A_PAGE else None,
        people=await gate.people.store.people(),
        actions=await gate.trail.store.actions(),
        chosen_person=question.person_id,
        chosen_action=question.action,
        before=before,
        say=people_words,
    )
