"""Admins change shops and cameras on pages: real Postgres, real NATS, and what a cell then knows."""

import asyncio
import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.estate.adapters.system_chance import SystemChance
from services.ingest.adapters.kv_login_registry import KvLoginRegistry
from services.ingest.domain import may_log_in
from services.report.adapters.estate_registry import EstateRegistry
from services.report.domain.people import Role
from services.report.handler.estate import EditEstate
from tests import estates
from tests.fakes.report_site import FakeSite
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database

SHOP = "/admin/estate/shops/berlin-mitte"
CAMERA = "/admin/estate/cameras/berlin-mitte-cam"


class Admin:
    """An admin's browser."""

    def __init__(self, site: FakeSite, client: httpx.AsyncClient, csrf: str) -> None:
        self.site = site
        self.client = client
        self.csrf = csrf

    async def get(self, address: str, status: int = 200) -> str:
        answer = await self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, address: str, status: int, **values: str) -> httpx.Response:
        answer = await self.client.post(address, data={"csrf": self.csrf, **values})
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer

    async def form(self, address: str) -> dict[str, str]:
        """What the page's form would send."""
        return fields(await self.get(address), address)

    @property
    def log(self) -> list[tuple[str, str]]:
        """What is in the audit log: action and subject."""
        return [(entry.action, entry.subject) for _number, entry in self.site.audit.log]


def fields(page: str, action: str) -> dict[str, str]:
    """Names and values of one form."""
    form = page.split(f'action="{action}"', 1)[1].split("</form>", 1)[0]
    inputs = re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', form)
    texts = re.findall(r'<textarea[^>]*?name="(\w+)"[^>]*>([^<]*)<', form)
    return {name: html.unescape(value) for name, value in (*inputs, *texts) if name != "csrf"}


def secret_of(answer: httpx.Response) -> str:
    (secret,) = re.findall(r"<td class=\"t\"><code>([\w-]{22})</code>", answer.text)
    return str(secret)


async def signed_in(database: Database, nats: NatsSettings, role: Role = Role.ADMIN) -> Admin:
    registries = EstateRegistry(database.dsn("estate"), nats)
    site = FakeSite(edit_estate=EditEstate(registries, SystemChance()))
    client, viewer = await site.browser(role)
    return Admin(site, client, viewer.csrf)


@pytest.fixture
async def admin(clean_streams: NatsServer, database: Database) -> Admin:
    await estates.register(database)
    return await signed_in(database, clean_streams.settings("estate"))


@pytest.fixture
async def cell(clean_streams: NatsServer) -> AsyncIterator[KvLoginRegistry]:
    """What ingest knows."""
    async with (
        MessageBus.connect(clean_streams.settings("ingest"), "test") as bus,
        KvLoginRegistry.watching(bus) as registry,
    ):
        yield registry


async def until(cell: KvLoginRegistry, login: str, secret: str, *, may: bool) -> None:
    async with asyncio.timeout(20):
        while may_log_in(cell.find(login), secret) is not may:
            await asyncio.sleep(0.05)


async def test_an_edited_shop_reaches_the_cells(admin: Admin, cell: KvLoginRegistry) -> None:
    values = await admin.form(SHOP)
    values |= {"shop_name": "Mitte <b>", "opening_hours": "Mo-Fr 08:00-20:00", "holidays": "2026-12-25\n2026-12-26"}
    saved = await admin.post(SHOP, 303, **values)
    assert saved.headers["location"] == SHOP
    async with asyncio.timeout(20):
        while (known := cell.find("berlin-mitte-cam")) is None or known.shop.hours.week is None:
            await asyncio.sleep(0.05)
    page = await admin.get(SHOP)
    assert "<dt>Monday – Friday</dt><dd>08:00–20:00</dd>" in page
    assert "<dt>Saturday – Sunday</dt><dd>closed</dd>" in page
    assert "25 Dec 2026, 26 Dec 2026" in page
    assert "Mitte <b>" not in page
    assert "Mitte &lt;b&gt;" in page
    assert "Mitte <b>" not in await admin.get("/admin/estate")
    assert ("shop_changed", "berlin-mitte") in admin.log


async def test_a_shop_moves_to_a_city_that_is_registered_or_new(admin: Admin) -> None:
    values = await admin.form(SHOP)
    await admin.post(SHOP, 303, **values | {"city": "tokyo"})
    assert "Tokyo, Asia" in await admin.get(SHOP)
    values = await admin.form(SHOP)
    incomplete = await admin.post(SHOP, 422, **values | {"city": "osaka"})
    assert "region, region_name, city_name missing" in incomplete.text
    assert "Nothing was changed" in incomplete.text
    await admin.post(SHOP, 303, **values | {"city": "osaka", "city_name": "Osaka", "region": "asia"})
    assert "Osaka, Asia" in await admin.get(SHOP)
    values = await admin.form(SHOP)
    renamed = await admin.post(SHOP, 422, **values | {"city": "osaka", "city_name": "Kobe"})
    assert "city_name is &#39;Osaka&#39;" in renamed.text


async def test_two_admins_who_edit_one_shop_do_not_undo_each_other_unseen(admin: Admin) -> None:
    first, second = await admin.form(SHOP), await admin.form(SHOP)
    await admin.post(SHOP, 303, **first | {"shop_name": "From the first"})
    conflict = await admin.post(SHOP, 409, **second | {"shop_name": "From the second"})
    assert '<td class="t">From the first</td><td class="t">From the second</td>' in conflict.text
    assert "From the first" in await admin.get(SHOP)
    await admin.post(SHOP, 303, **fields(conflict.text, SHOP))
    assert "From the second" in await admin.get(SHOP)
    # What the first has not touched is no conflict.
    camera = await admin.form(CAMERA)
    await admin.post(SHOP, 303, **(await admin.form(SHOP)) | {"shop_name": "Again"})
    await admin.post(CAMERA, 303, **camera | {"identifiers": "AA-1\nBB-2"})
    await admin.post(CAMERA, 409, **camera | {"identifiers": "CC-3"})


async def test_opening_hours_are_checked_when_they_are_saved(admin: Admin) -> None:
    values = await admin.form(SHOP)
    answer = await admin.post(SHOP, 422, **values | {"opening_hours": "Mon 8-20"})
    assert "is not like" in answer.text
    assert 'value="Mon 8-20"' in answer.text, "what was typed is still there"
    await admin.post(SHOP, 422, **values | {"holidays": "Christmas"})
    assert ("shop_changed", "berlin-mitte") not in admin.log


async def test_a_new_shop_comes_with_a_camera_whose_secret_is_shown_once(
    admin: Admin, cell: KvLoginRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await admin.post(
        "/admin/estate/new-shop", 200, shop="paris-1", shop_name="Rivoli", city="paris", city_name="Paris",
        region="europe", time_zone="Europe/Paris", camera="paris-1-door", pattern="any", burst_window_s="0",
    )  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    secret = secret_of(answer)
    await until(cell, "paris-1-door", secret, may=True)
    for address in ("/admin/estate/shops/paris-1", "/admin/estate/cameras/paris-1-door", "/admin/estate/export.csv"):
        assert secret not in await admin.get(address)
    assert secret not in repr(admin.site.audit.log)
    assert secret not in "".join(capsys.readouterr())
    again = await admin.post("/admin/estate/new-shop", 422, shop="paris-1", shop_name="Other", camera="x")
    assert "registered already" in again.text


async def test_cameras_are_added_given_new_secrets_and_switched_off(admin: Admin, cell: KvLoginRegistry) -> None:
    added = await admin.post(f"{SHOP}/cameras/new", 200, camera="mitte-2", identifiers="@52.52,13.40", pattern="dahua")
    secret = secret_of(added)
    await until(cell, "mitte-2", secret, may=True)
    taken = await admin.post(f"{SHOP}/cameras/new", 422, camera="tokyo-ginza-cam")
    assert "registered already" in taken.text
    rotated = secret_of(await admin.post("/admin/estate/cameras/mitte-2/secret", 200))
    assert rotated != secret
    await until(cell, "mitte-2", rotated, may=True)
    assert not may_log_in(cell.find("mitte-2"), secret)
    await admin.post("/admin/estate/cameras/mitte-2/disable", 303)
    await until(cell, "mitte-2", rotated, may=False)
    assert "Disabled" in await admin.get("/admin/estate/cameras/mitte-2")
    await admin.post("/admin/estate/cameras/mitte-2/enable", 303)
    await until(cell, "mitte-2", rotated, may=True)
    shared = await admin.post(
        "/admin/estate/cameras/mitte-2", 200, **(await admin.form("/admin/estate/cameras/mitte-2")) | {"login": "both"}
    )
    await until(cell, "both", secret_of(shared), may=True)
    assert ("secret_rotated", "mitte-2") in admin.log
    await admin.post("/admin/estate/cameras/nobody/secret", 404)


async def test_regions_and_cities_are_renamed(admin: Admin) -> None:
    address = "/admin/estate/cities/berlin"
    seen = await admin.form(address)
    await admin.post(address, 303, **seen | {"name": "Berlin, Spree"})
    await admin.post(address, 409, **seen | {"name": "Bärlin"})
    await admin.post("/admin/estate/regions/asia", 422, seen="Asia", name=" ")
    await admin.post("/admin/estate/regions/nowhere", 404, seen="", name="x")
    assert "Berlin, Spree" in await admin.get("/admin/estate?region=europe")


async def test_a_list_is_shown_before_it_is_imported(admin: Admin, cell: KvLoginRegistry) -> None:
    exported = await admin.get("/admin/estate/export.csv")
    changed = exported.replace("Berlin-Ost", "Ostkreuz") + exported.splitlines()[1].replace("-union", "-west").replace(
        "Denver-Union", "West"
    )

    async def upload(text: str, status: int) -> httpx.Response:
        files = {"file": ("estate.csv", text.encode(), "text/csv")}
        answer = await admin.client.post("/admin/estate/import", data={"csrf": admin.csrf}, files=files)
        assert answer.status_code == status, answer.text
        return answer

    assert "registered like this already" in (await upload(exported, 200)).text
    faulty = await upload(exported.replace("Asia/Tokyo", "Moon/Base"), 422)
    assert "line 3: time zone" in faulty.text
    preview = await upload(changed, 200)
    assert '<th class="t" scope="row">Cameras</th><td>1</td><td>0</td>' in preview.text
    assert '<th class="t" scope="row">Shops</th><td>1</td><td>1</td>' in preview.text
    assert "Ostkreuz" in preview.text
    assert "Ostkreuz" not in await admin.get("/admin/estate"), "nothing has changed yet"
    confirm = fields(preview.text, "/admin/estate/import/confirm")
    await admin.post("/admin/estate/cameras/tokyo-ginza-cam", 303,
                     **(await admin.form("/admin/estate/cameras/tokyo-ginza-cam")) | {"identifiers": "XY-9"})  # fmt: skip
    conflict = await admin.post("/admin/estate/import/confirm", 409, **confirm)
    assert "Somebody else has changed the estate" in conflict.text
    done = await admin.post(
        "/admin/estate/import/confirm", 200, **fields(conflict.text, "/admin/estate/import/confirm")
    )
    await until(cell, "denver-west-cam", secret_of(done), may=True)
    assert "Ostkreuz" in await admin.get("/admin/estate")
    for tampered in ("", "AAAA", "eJwDAAAAAAE=", "%%%"):
        await admin.post("/admin/estate/import/confirm", 400, **confirm | {"list": tampered})


async def test_what_cells_could_not_be_told_is_registered_and_published_later(
    admin: Admin, clean_streams: NatsServer, database: Database, cell: KvLoginRegistry
) -> None:
    away = NatsSettings.model_validate({"url": "nats://127.0.0.1:1", "user": "estate", "password": "x"})
    cut_off = await signed_in(database, away)
    values = await cut_off.form(SHOP)
    saved = await cut_off.post(SHOP, 303, **values | {"shop_name": "Renamed", "opening_hours": "Mo 08:00-09:00"})
    assert saved.headers["location"] == f"{SHOP}?told=no"
    page = await cut_off.get(SHOP)
    assert "Registered, and the cells do not know yet" in page
    assert "Renamed" in page
    edit = cut_off.site.edit_estate
    assert edit is not None
    await cut_off.post("/admin/estate/publish", 303)
    assert edit.unpublished_since is not None
    edit._registries = EstateRegistry(database.dsn("estate"), clean_streams.settings("estate"))
    told = await cut_off.post("/admin/estate/publish", 303)
    assert told.headers["location"] == "/admin/estate"
    async with asyncio.timeout(20):
        while (known := cell.find("berlin-mitte-cam")) is None or known.shop.hours.week is None:
            await asyncio.sleep(0.05)


async def test_nothing_changes_that_cannot_be_written_into_the_log(admin: Admin) -> None:
    values = await admin.form(SHOP)
    admin.site.audit.away = True
    await admin.post(SHOP, 503, **values | {"shop_name": "In secret"})
    admin.site.audit.away = False
    assert "In secret" not in await admin.get(SHOP)


async def test_only_admins_come_here_and_only_with_their_form(
    clean_streams: NatsServer, database: Database, admin: Admin
) -> None:
    for role in (Role.MANAGER, Role.ANALYST):
        other = await signed_in(database, clean_streams.settings("estate"), role)
        for address in ("/admin/estate", SHOP, CAMERA, "/admin/estate/import", "/admin/estate/export.csv"):
            await other.get(address, 403)
        for address in (SHOP, f"{CAMERA}/secret", f"{CAMERA}/disable", "/admin/estate/publish"):
            await other.post(address, 403)
    stranger = await admin.site.stranger().get("/admin/estate")
    assert stranger.status_code == 303
    forged = await admin.client.post(f"{CAMERA}/secret", data={"csrf": "guessed"})
    assert forged.status_code == 403


async def test_without_the_right_to_change_the_estate_the_pages_say_so() -> None:
    site = FakeSite()
    client, viewer = await site.browser(Role.ADMIN)
    for address in ("/admin/estate", SHOP):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "FACETALLY_REPORT_ESTATE_DSN" in answer.text
    assert (await client.post(SHOP, data={"csrf": viewer.csrf})).status_code == 405


async def test_shops_are_found_a_page_at_a_time(admin: Admin) -> None:
    assert "tokyo-ginza" in await admin.get("/admin/estate?q=GINZA-cam".lower())
    page = await admin.get("/admin/estate?region=europe")
    assert "berlin-ost" in page
    assert "tokyo-ginza" not in page
    assert "No shop is like that" in await admin.get("/admin/estate?q=%25")
    assert "No shop is like that" in await admin.get("/admin/estate?page=7")
    await admin.get("/admin/estate?region=%27", 422)
    await admin.get("/admin/estate/shops/nowhere", 404)
