"""The pages of scheduled reports."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from services.report.domain.people import Role, Viewer
from services.report.domain.places import Level
from services.report.domain.schedules import Cadence, Owner
from services.report.handler.schedules import Schedules
from tests.fakes.report_site import FakeSite
from tests.fakes.schedule_store import FakeScheduleStore

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
FILLED = {
    "name": "Morning", "place": "city:berlin", "period": "7d", "gender": "female", "cadence": "weekly", "weekday": "1",
    "hour": "7", "time_zone": "Europe/Berlin", "recipients": "ann@example.com, boss@example.com",
}  # fmt: skip


@dataclass
class Desk:
    site: FakeSite
    client: httpx.AsyncClient
    viewer: Viewer
    store: FakeScheduleStore

    async def post(self, address: str, **values: str) -> httpx.Response:
        return await self.client.post(address, data={"csrf": self.viewer.csrf, **values})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    site = FakeSite()
    client, viewer = await site.browser(Role.MANAGER, ((Level.CITY, "berlin"),))
    store = FakeScheduleStore({viewer.person_id: Owner(viewer.person_id, viewer.email, viewer.name, viewer.role)})
    site.app.state.schedules = Schedules(store, lambda: NOW)
    async with client:
        yield Desk(site, client, viewer, store)


async def test_a_new_schedule_is_in_the_list_and_can_be_changed(desk: Desk) -> None:
    assert "No schedules yet" in (await desk.client.get("/schedules")).text
    assert (await desk.post("/schedules", **FILLED)).status_code == 303
    page = (await desk.client.get("/schedules")).text
    for text in ("Morning", "Every Tuesday at 07:00 (Europe/Berlin)", "boss@example.com", "Tue 1 Dec, 07:00"):
        assert text in page
    form = (await desk.client.get("/schedules/1")).text
    assert 'value="city:berlin"' in form
    assert '<option value="female" selected>' in form
    assert (await desk.post("/schedules/1", **{**FILLED, "cadence": "daily"})).status_code == 303
    draft = desk.store.kept[1].draft
    assert (draft.timing.cadence, draft.timing.weekday) == (Cadence.DAILY, None)
    assert draft.query == "period=7d&gender=female&compare=previous"


async def test_the_form_begins_with_what_the_address_says(desk: Desk) -> None:
    page = (await desk.client.get("/schedules/new?place=shop:berlin-mitte&period=28d&mood=happiness")).text
    for text in ('value="shop:berlin-mitte"', 'value="Mitte"', 'value="Europe/Berlin"', desk.viewer.email):
        assert text in page
    assert '<option value="28d" selected>' in page
    assert '<option value="happiness" selected>' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "city:tokyo"},
        {"place": "city:"},
        {"place": "' or 1=1"},
        {"recipients": "nobody"},
        {"recipients": ""},
        {"time_zone": "Europe/Atlantis"},
        {"hour": "25"},
        {"name": " "},
        {"weekday": "9"},
    ],
)
async def test_what_cannot_be_is_said_and_what_was_typed_stays(desk: Desk, wrong: dict[str, str]) -> None:
    answer = await desk.post("/schedules", **{**FILLED, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="7d" selected' in answer.text
    assert not desk.store.kept


async def test_it_is_paused_sent_and_deleted(desk: Desk) -> None:
    await desk.post("/schedules", **FILLED)
    assert (await desk.post("/schedules/1/pause")).status_code == 303
    assert "Paused" in (await desk.client.get("/schedules")).text
    await desk.post("/schedules/1/go-on")
    assert desk.store.kept[1].active
    await desk.post("/schedules/1/send")
    assert [due for _number, due in desk.store.runs] == [NOW]
    assert (await desk.post("/schedules/1/burn")).status_code == 404
    await desk.post("/schedules/1/delete")
    assert not desk.store.kept
    noted = [entry.action for _number, entry in desk.site.audit.log]
    assert {"schedule_made", "schedule_paused", "schedule_sent_now", "schedule_deleted"} <= set(noted)


async def test_what_went_wrong_is_said(desk: Desk) -> None:
    await desk.post("/schedules", **FILLED)
    await desk.post("/schedules/1/send")
    run = await desk.store.claim(NOW, NOW)
    assert run
    await desk.store.failed(run, "mail_away: the mail server said 451 <later>", None)
    page = (await desk.client.get("/schedules")).text
    assert "The mail server did not take it. (the mail server said 451 &lt;later&gt;)" in page


async def test_schedules_of_others_are_not_there(desk: Desk) -> None:
    await desk.post("/schedules", **FILLED)
    other, viewer = await desk.site.browser(Role.ADMIN)
    async with other:
        assert (await other.get("/schedules/1")).status_code == 404
        for what in ("pause", "send", "delete"):
            assert (await other.post(f"/schedules/1/{what}", data={"csrf": viewer.csrf})).status_code == 404
        assert (await other.post("/schedules/1", data={"csrf": viewer.csrf, **FILLED})).status_code == 404
    assert desk.store.kept


async def test_nothing_changes_without_the_forms_token(desk: Desk) -> None:
    assert (await desk.client.post("/schedules", data=FILLED)).status_code == 403
    assert not desk.store.kept


async def test_without_a_mail_server_it_says_so(desk: Desk) -> None:
    assert "knows no mail server" in (await desk.client.get("/schedules")).text
    desk.site.app.state.sends_mail = True
    assert "knows no mail server" not in (await desk.client.get("/schedules")).text
