"""The report service as the process that it is, on a real Postgres, and people who sign in to it by its form."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState

from services.report.adapters.postgres_groups import PostgresGroups
from services.report.command import opened_people
from services.report.domain.groups import GroupDraft
from services.report.domain.people import NewPerson, Role, parse_grant
from services.report.domain.periods import PRESET_DAYS, Preset, preset_period
from services.report.domain.places import Level
from tests.browser.tiny_site import STILL
from tests.fakes.tally_reader import Key, camera_of, shops_in
from tests.fakes.tiny_world import SHOPS, TinyWorld
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import finish, free_ports, running
from tests.servers.services import connection, service
from tests.tiny_estate import fill

PASSWORD = "correct horse battery"
# What chromium says of answers that are meant to be refusals.
REFUSALS = ("401 (Unauth", "403 (Forbidden", "404 (Not Found", "409 (Conflict", "422 (Unprocess", "429 (Too Many")
_HEALTH = """
insert into camera_health (camera_id, shop_id, state, trouble, last_photo_at, drift_s, photos, photos_without_face, refused,
    faces, faces_too_small, faces_too_dark, faces_blurred, faces_turned_away, faces_counted)
select camera_id, shop_id, $2::camera_state, $3::camera_trouble, now() - $4::interval, $5, 900, 60, 4, 840, 20, $6, 10, 10, 800
from camera where slug = $1
"""
# State, trouble, silence, clock, dark faces of each shop's camera.
_STATES = {
    "berlin-mitte": ("working", "none", timedelta(minutes=2), 0.5, 8),
    "berlin-ost": ("attention", "too_dark", timedelta(minutes=9), 1.5, 400),
    "berlin-west": ("attention", "clock", timedelta(minutes=5), 400.0, 8),
    "tokyo-ginza": ("offline", "no_photos", timedelta(days=3), 0.0, 8),
}


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody of the tests, by role and places."""

    name: str
    role: Role
    places: tuple[str, ...]

    @property
    def email(self) -> str:
        """Whom they sign in as."""
        return f"{self.name}@example.com"

    def __str__(self) -> str:
        return self.name


ADMIN = Persona("admin", Role.ADMIN, ("world",))
ANALYST = Persona("analyst", Role.ANALYST, ("region:europe",))
CITY = Persona("city-manager", Role.MANAGER, ("city:berlin",))
PAIR = Persona("pair-manager", Role.MANAGER, ("shop:berlin-mitte", "city:tokyo"))
NOBODY = Persona("nobody", Role.MANAGER, ())
PERSONAS = (ADMIN, ANALYST, CITY, PAIR, NOBODY)
# The shops of a group that only the admin sees, and of one for everybody.
GROUPS = (
    ("far", GroupDraft("Far away", ("berlin-mitte", "paris-louvre", "tokyo-ginza"), shared=True)),
    ("spree", GroupDraft("Along the Spree", ("berlin-mitte", "berlin-ost", "berlin-west"), shared=True)),
)


@dataclass
class RealSite:
    """The running service.

    Args:
        world: that its database was filled from.
    """

    url: str
    database: Database
    world: TinyWorld
    _states: dict[str, StorageState] = field(default_factory=dict)

    def visitors(
        self, level: Level, slug: str = "", preset: Preset = Preset.FOUR_WEEKS, among: Sequence[Key] = ()
    ) -> int:
        """How many visitors a place had: added up from the world, not from the database.

        Args:
            preset: the period as the place counts it.
            among: ... or as these places together do.
        """
        shops = [shop for key in among or ((level, slug),) for shop in shops_in(*key)]
        period = preset_period(preset, min(map(self.world.today, shops)))
        slugs = {shop.slug for shop in shops_in(level, slug)}
        return sum(
            int(hour.cells.sum())
            for (shop, day, _), hour in self.world.hours.items()
            if shop in slugs and period.first <= day <= period.last
        )

    def state(self, browser: Browser, who: Persona) -> StorageState:
        """What the browser keeps once somebody has signed in by the form; done once for each."""
        if who.name not in self._states:
            window = browser.new_context(base_url=self.url)
            page = window.new_page()
            sign_in(page, who)
            page.wait_for_url(lambda url: "/login" not in url)
            self._states[who.name] = window.storage_state()
            window.close()
        return self._states[who.name]

    @contextmanager
    def window(self, browser: Browser, who: Persona | None = None, **options: Any) -> Iterator[BrowserContext]:
        """A window in which somebody has signed in, or nobody."""
        chosen: dict[str, Any] = STILL | {"locale": "en-GB", "base_url": self.url}
        if who:
            chosen["storage_state"] = self.state(browser, who)
        opened = browser.new_context(**(chosen | options))
        opened.set_default_timeout(20_000)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def page(self, browser: Browser, who: Persona | None = None, **options: Any) -> Iterator[Page]:
        """A page that must not complain: no error in its console, no request to elsewhere."""
        with self.window(browser, who, **options) as window:
            opened = window.new_page()
            complaints = listen(opened, self.url)
            yield opened
            assert complaints == []

    async def execute(self, command: str, *values: object) -> None:
        """Change the database, as its owner."""
        owner = await asyncpg.connect(self.database.dsn("owner"))
        try:
            await owner.execute(command, *values)
        finally:
            await owner.close()


def sign_in(page: Page, who: Persona, password: str = PASSWORD) -> None:
    """Fill the login form in and send it."""
    if "/login" not in page.url:
        page.goto("/login")
    page.get_by_label("E-mail").fill(who.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def listen(page: Page, url: str) -> list[str]:
    """Everything that a page complains about from now on, refusals that were asked for left out."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in REFUSALS):
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((url, "data:")):
            complaints.append(request.url)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", watch)
    return complaints


@contextmanager
def running_site(database: Database, nats: NatsServer, folder: Path) -> Iterator[RealSite]:
    """The service over a database that it fills, set as one machine sets it.

    Args:
        database: with the schema and nothing else.
        nats: provisioned.
        folder: for the log.
    """
    now = datetime.now(UTC)
    world = TinyWorld(now)
    finish(_fill(database, world))
    (port,) = free_ports(1)
    values = {
        "nats": connection(nats.settings("report")),
        "postgres_dsn": database.dsn("report"),
        "account_dsn": database.dsn("account"),
        "estate_dsn": database.dsn("estate"),
        "estate_nats": connection(nats.settings("estate")),
        "cookie_key": "a key for the tests, of 32 letters or more",
        "secure_cookies": False,
        "http_port": port,
        "privacy_photos_kept_days": 30,
        "privacy_results_kept_days": 400,
        "privacy_tallies_kept_days": 0,
    }
    with running(service("report", values), folder):
        yield RealSite(f"http://127.0.0.1:{port}", database, world)


async def _fill(database: Database, world: TinyWorld) -> None:
    await fill(database, world, {}, ())
    async with opened_people(database.dsn("account")) as (people, account):
        hired = [
            people.add(NewPerson(who.email, who.name.title(), who.role, grants), PASSWORD)
            for who in PERSONAS
            # Whoever is let in sees something; it is taken away from them below.
            if (grants := tuple(map(parse_grant, who.places or ("world",))))
        ]
        added = {person.email: person.person_id for person, _ in await asyncio.gather(*hired)}
        for slug, draft in GROUPS:
            assert await PostgresGroups(account).add(added[ADMIN.email], slug, draft)
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        await owner.execute("delete from access where person_id = $1", added[NOBODY.email])
        await owner.execute("update shop set opening_hours = 'Mo-Su 09:00-19:00'")
        for shop, state in _STATES.items():
            await owner.execute(_HEALTH, f"{shop}-cam", *state)
        await _add_uploads(owner, world)
    finally:
        await owner.close()


async def _add_uploads(owner: Any, world: TinyWorld) -> None:
    """A photo of two visitors each; now and then one without a face, and one that is cut off."""
    cameras = {row["slug"]: row["camera_id"] for row in await owner.fetch("select slug, camera_id from camera")}
    uploads: list[tuple[int, date, int, str, int]] = []
    photos: dict[tuple[int, date], int] = {}
    for shop in SHOPS:
        first = world.today(shop) - timedelta(days=PRESET_DAYS[Preset.FOUR_WEEKS])
        camera_id = cameras[camera_of(shop)]
        for (slug, day, hour), known in world.hours.items():
            if slug == shop.slug and day >= first and (faces := int(known.cells.sum()) // 2):
                uploads += [(camera_id, day, hour, "faces", faces), (camera_id, day, hour, "no_face", 1)]
                uploads += [(camera_id, day, hour, "truncated", 1)] * (hour == 12)
                photos[camera_id, day] = photos.get((camera_id, day), 0) + faces + 1
    await owner.copy_records_to_table("tally_upload", records=uploads)
    await owner.copy_records_to_table(
        "tally_camera_day",
        columns=["camera_id", "local_day", "photos"],
        records=[(*key, number) for key, number in photos.items()],
    )
