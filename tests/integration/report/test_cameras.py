"""How cameras are, as each person may see them, from a real Postgres."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import asyncpg
import pytest

from services.estate.adapters.postgres_registry import PostgresRegistry
from services.estate.domain import CameraLine
from services.report.adapters.postgres_cameras import PostgresCameras
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.cameras import CameraState, CameraTrouble
from services.report.domain.people import Role
from services.report.domain.periods import Preset
from services.report.domain.places import Level
from services.report.handler.cameras import CamerasAsked, UnknownCameraError, WatchCameras
from services.report.handler.tallies import UnknownPlaceError
from tests import estates
from tests.fakes.report_site import FakeSite
from tests.servers.postgres import Database

_HEALTH = """
insert into camera_health (camera_id, shop_id, state, trouble, last_photo_at, drift_s, photos, photos_without_face, refused,
    faces, faces_too_small, faces_too_dark, faces_blurred, faces_turned_away, faces_counted)
select camera_id, shop_id, $2::camera_state, $3::camera_trouble, now() - $4::interval, $5, $6, $7, $8, $9, 0, $10, 0, 0, $9
from camera where slug = $1
"""


class Estate:
    """A database with an estate, people and health."""

    def __init__(self, database: Database, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.database = database
        self.owner = owner

    async def person(self, email: str, *places: str) -> int:
        """Somebody who sees these places: world, or a slug."""
        person: int = await self.owner.fetchval(
            "insert into person (email, name, role) values ($1, 'Somebody', 'manager') returning person_id", email
        )
        for place in places:
            await self.owner.execute(
                "insert into access select $1, k.scope_id from scope k left join region r using (region_id) "
                "left join city y on y.city_id = k.city_id left join shop s on s.shop_id = k.shop_id "
                "where coalesce(r.slug, y.slug, s.slug, 'world') = $2",
                person,
                place,
            )
        return person

    async def health(
        self,
        camera: str,
        state: str,
        trouble: str = "none",
        *,
        silent: timedelta = timedelta(minutes=2),
        drift_s: float | None = 0.5,
        photos: Iterable[int] = (100, 2, 1, 90, 3),
    ) -> None:
        """What record says of a camera; photos: looked at, without a face, refused, faces, too dark."""
        await self.owner.execute(_HEALTH, camera, state, trouble, silent, drift_s, *photos)


@pytest.fixture
async def estate(database: Database) -> AsyncIterator[Estate]:
    await estates.register(database)
    owner = await asyncpg.connect(database.dsn("owner"))
    yield Estate(database, owner)
    await owner.close()


@pytest.fixture
async def watch(estate: Estate) -> AsyncIterator[WatchCameras]:
    async with PostgresTallies.connect(estate.database.dsn("report"), 2) as tallies:
        yield WatchCameras(PostgresCameras(tallies))


async def test_the_worst_come_first_and_the_numbers_on_top_add_up(estate: Estate, watch: WatchCameras) -> None:
    person = await estate.person("a@example.org", "world")
    await estate.health("berlin-mitte-cam", "working")
    await estate.health("berlin-ost-cam", "attention", "too_dark", photos=(100, 2, 1, 90, 20))
    await estate.health("tokyo-ginza-cam", "offline", "no_photos", silent=timedelta(days=3))
    seen = await watch.list(person, CamerasAsked())
    assert [camera.camera for camera in seen.cameras] == [
        "tokyo-ginza-cam",
        "berlin-ost-cam",
        "denver-union-cam",
        "berlin-mitte-cam",
    ]
    assert seen.by_state[CameraState.NEW] == 1, "nobody has looked at it yet"
    assert sum(seen.by_state.values()) == seen.total == 4
    dark = seen.cameras[1]
    assert dark.too_dark.is_over
    assert dark.troubles == (CameraTrouble.TOO_DARK,)
    assert seen.cameras[0].silent_s == pytest.approx(3 * 86_400, abs=60)


async def test_cameras_are_found_by_camera_shop_and_city_and_by_state(estate: Estate, watch: WatchCameras) -> None:
    person = await estate.person("a@example.org", "world")
    await estate.health("berlin-ost-cam", "attention", "clock", drift_s=400.0)

    async def found(**asked: object) -> set[str]:
        seen = await watch.list(person, CamerasAsked(**asked))  # type: ignore[arg-type]
        assert seen.total == len(seen.cameras)
        return {camera.camera for camera in seen.cameras}

    assert await found(text="GINZA") == {"tokyo-ginza-cam"}
    assert await found(text="berlin") == {"berlin-mitte-cam", "berlin-ost-cam"}
    assert await found(text="%") == set()
    assert await found(state=CameraState.ATTENTION) == {"berlin-ost-cam"}
    assert await found(level=Level.REGION, slug="asia") == {"tokyo-ginza-cam"}
    assert await found(level=Level.CITY, slug="berlin", state=CameraState.NEW) == {"berlin-mitte-cam"}
    far = await watch.list(person, CamerasAsked(page=9))
    assert (far.cameras, far.total, far.pages) == ((), 4, 1)


async def test_nobody_sees_a_camera_of_a_place_that_is_not_theirs(estate: Estate, watch: WatchCameras) -> None:
    manager = await estate.person("m@example.org", "berlin")
    nobody = await estate.person("n@example.org")
    await estate.health("tokyo-ginza-cam", "offline", "no_photos")
    seen = await watch.list(manager, CamerasAsked())
    assert {camera.camera for camera in seen.cameras} == {"berlin-mitte-cam", "berlin-ost-cam"}
    assert sum(seen.by_state.values()) == 2
    assert not (await watch.list(manager, CamerasAsked(text="ginza"))).cameras
    with pytest.raises(UnknownPlaceError):
        await watch.list(manager, CamerasAsked(Level.REGION, "asia"))
    for person in (manager, nobody):
        with pytest.raises(UnknownCameraError):
            await watch.one(person, "tokyo-ginza-cam", Preset.WEEK)
    assert (await watch.list(nobody, CamerasAsked())).setting is None
    assert (await watch.one(manager, "berlin-ost-cam", Preset.WEEK)).camera.shop == "berlin-ost"


async def test_photos_that_no_camera_is_recognised_in_show_where_there_were_any(
    estate: Estate, watch: WatchCameras
) -> None:
    person = await estate.person("a@example.org", "world")
    shared = [
        CameraLine("asia", "Asia", "tokyo", "Tokyo", "tokyo-2", "Two", "Asia/Tokyo", name, login="tokyo-2")
        for name in ("door", "till")
    ]
    await estates.register(estate.database, shared)
    shown = {camera.camera for camera in (await watch.list(person, CamerasAsked(Level.SHOP, "tokyo-2"))).cameras}
    assert shown == {"door", "till"}
    await estate.health("tokyo-2", "working", photos=(5, 0, 0, 5, 0))
    seen = await watch.list(person, CamerasAsked(Level.SHOP, "tokyo-2"))
    assert {camera.camera for camera in seen.cameras if camera.is_catch_all} == {"tokyo-2"}


async def test_a_camera_that_was_disabled_just_now_is_so_already(estate: Estate, watch: WatchCameras) -> None:
    person = await estate.person("a@example.org", "world")
    await estate.health("berlin-ost-cam", "working")
    async with PostgresRegistry.connect(estate.database.dsn("estate")) as registry:
        await registry.disable("berlin-ost-cam", disabled=True)
        assert (await watch.one(person, "berlin-ost-cam", Preset.WEEK)).camera.state is CameraState.DISABLED
        await registry.disable("berlin-ost-cam", disabled=False)
    assert (await watch.one(person, "berlin-ost-cam", Preset.WEEK)).camera.state is CameraState.WORKING


async def test_one_camera_says_what_became_of_its_uploads_and_when_photos_came(
    estate: Estate, watch: WatchCameras
) -> None:
    person = await estate.person("a@example.org", "berlin-ost")
    await estate.owner.execute("select ensure_month(current_date), ensure_month(current_date - 3)")
    await estate.owner.execute(
        "insert into tally_upload select c.camera_id, at::date, extract(hour from at), o::upload_outcome, n "
        "from camera c cross join lateral (select (now() at time zone 'Europe/Berlin') - interval '3 hours' as at) l "
        "cross join (values ('faces', 7), ('no_face', 2), ('truncated', 1)) v (o, n) where c.slug = 'berlin-ost-cam'"
    )
    await estate.owner.execute(
        "insert into tally_camera_day (camera_id, local_day, photos, refused) select camera_id, "
        "((now() at time zone 'Europe/Berlin') - interval '3 hours')::date, 9, 1 from camera where slug = 'berlin-ost-cam'"
    )
    today = (await watch.one(person, "berlin-ost-cam", Preset.TODAY)).camera.local_now.date()
    seen = await watch.one(person, "berlin-ost-cam", Preset.WEEK, today - timedelta(days=1), today)
    assert seen.by_outcome == {"faces": 7, "no_face": 2, "truncated": 1}
    assert [(day.photos, day.refused) for day in seen.days if day.photos] == [(9, 1)]
    assert len(seen.days) == 2
    assert seen.recent.photos[-3] == 9
    assert [number for number in seen.recent.photos if number is not None] == [9]
    assert seen.recent.gap_hours == 47, "open at all times: what did not come is a gap"


async def test_the_pages_show_it_and_names_stay_text(estate: Estate) -> None:
    await estate.owner.execute("update shop set name = '<script>alert(1)</script>' where slug = 'berlin-ost'")
    await estate.health("berlin-ost-cam", "attention", "clock", drift_s=400.0)
    await estate.health("tokyo-ginza-cam", "offline", "no_photos", silent=timedelta(days=3))
    async with PostgresTallies.connect(estate.database.dsn("report"), 2) as tallies:
        site = FakeSite(cameras=PostgresCameras(tallies))
        client, viewer = await site.browser(Role.MANAGER)
        person = await estate.person("a@example.org", "berlin")
        assert person == viewer.person_id, "the first of both"
        page = (await client.get("/cameras")).text
        assert "Clock is off" in page
        assert "+400 s" in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "tokyo" not in page.casefold()
        assert (await client.get("/cameras?state=offline")).text.count("No camera is like that") == 1
        for address in (
            "/cameras?place=region:asia",
            "/cameras/tokyo-ginza-cam",
            "/cameras/nothing",
            "/cameras?place=group:x",
        ):
            assert (await client.get(address)).status_code == 404, address
        for address in ("/cameras?state=broken", "/cameras?page=0", "/cameras?place=x", "/cameras/A'"):
            assert (await client.get(address)).status_code == 422, address
        one = (await client.get("/cameras/berlin-ost-cam?period=7d")).text
        assert "Have the camera take its time from a time server" in one
        assert "<script>alert" not in one
        german, _ = await site.browser(Role.MANAGER, language="de")
        assert (await german.get("/cameras")).status_code == 200
