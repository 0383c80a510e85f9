"""The pages over a real Postgres, for tests that try what should not work."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_audit import PostgresAudit
from services.report.adapters.postgres_cameras import PostgresCameras
from services.report.adapters.postgres_groups import PostgresGroups
from services.report.adapters.postgres_people import PostgresPeople
from services.report.adapters.postgres_sessions import PostgresSessions
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.adapters.system_chance import SystemChance
from services.report.domain.audit import AuditQuestion
from services.report.domain.people import NewPerson, Role, parse_grant
from services.report.handler.audit import AuditTrail
from services.report.handler.check_camera import CheckCamera
from services.report.handler.people import People
from services.report.handler.sign_in import SignIn
from services.report.pages.app import Site, make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from services.report.pages.security import Gate
from tests.estates import register
from tests.fakes.examiner import FakeExaminer
from tests.fakes.passwords import FakePasswords
from tests.servers.postgres import Database

PASSWORD = "correct horse battery"
# What nobody has to be signed in for.
OPEN = {"/login", "/login/openid", "/login/openid/back", "/api/openapi.json", "/api/v1/openapi.json"}
# A place that a manager of Berlin must never see, for every name that a route gives its parameter.
ELSEWHERE = {
    "regions": "asia", "region": "asia", "cities": "tokyo", "city": "tokyo", "shops": "tokyo-ginza",
    "shop": "tokyo-ginza", "cameras": "tokyo-ginza-cam", "camera": "tokyo-ginza-cam", "groups": "everywhere",
}  # fmt: skip


@dataclass
class Door:
    """The application, its parts, and the owner's connection."""

    app: FastAPI
    gate: Gate
    passwords: FakePasswords
    owner: "asyncpg.Connection[asyncpg.Record]"

    def stranger(self, scheme: str = "http") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://localhost")

    async def add(self, email: str, role: Role, *places: str) -> int:
        grants = tuple(parse_grant(place) for place in places or ("world",))
        person, _ = await self.gate.people.add(NewPerson(email, "Ana", role, grants), PASSWORD)
        return person.person_id

    async def browser(self, email: str, role: Role, *places: str) -> httpx.AsyncClient:
        """A browser in which a new person has signed in, through the form."""
        await self.add(email, role, *places)
        client = self.stranger()
        assert (await sign_in(client, email)).status_code == 303
        return client

    async def actions(self) -> list[str]:
        return [entry.action for _, entry in reversed(await self.gate.trail.store.entries(AuditQuestion(), 100))]


def hidden(page: str, name: str) -> str:
    (value, *_) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return str(value)


async def sign_in(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD, wanted: str = "/", **headers: str
) -> httpx.Response:
    form = await client.get("/login", params={"next": wanted})
    values = {"email": email, "password": password, "next": wanted}
    if form.status_code == 200:
        values["login"] = hidden(form.text, "login")
    return await client.post("/login", data=values, headers=headers)


async def csrf_of(client: httpx.AsyncClient) -> str:
    return hidden((await client.get("/account")).text, "csrf")


async def is_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/account")).status_code == 200


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of the application, parameters included."""

    def walk(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
        for route in found:
            if isinstance(route, APIRoute):
                yield from ((method, route.path) for method in route.methods or ())
            elif hasattr(route, "original_router"):
                yield from walk(route.original_router.routes)
            else:
                assert getattr(route, "path", "") in ("/static", "/api/openapi.json", *OPEN), route

    found = sorted(walk(app.routes))
    assert len(found) > 40, "the routes are found"
    return found


def filled(path: str) -> str:
    """A path about a place that is not the manager's."""
    parts = path.split("/")
    for i, part in enumerate(parts):
        if "{" in part:
            name = part.partition("{")[2].rstrip("}").partition(":")[0]
            value = "csv" if name == "form" else ELSEWHERE.get(parts[i - 1], ELSEWHERE.get(name, "999999"))
            parts[i] = part.partition("{")[0] + value
    return "/".join(parts)


@asynccontextmanager
async def open_door(database: Database) -> AsyncIterator[Door]:
    await register(database)
    owner = await asyncpg.connect(database.dsn("owner"))
    async with (
        AccountDatabase.connect(database.dsn("account")) as account,
        PostgresTallies.connect(database.dsn("report"), 4) as tallies,
    ):
        passwords = FakePasswords()
        gate = Gate(
            SignIn(PostgresSessions(account), passwords, SystemChance()),
            People(PostgresPeople(account), passwords, SystemChance()),
            AuditTrail(PostgresAudit(account)),
            "a key that signs the login form",
            secure_cookies=False,
        )
        check_page = CameraCheckPage(CheckCamera(FakeExaminer(), tallies), CameraSettings(None, 2121, None, False))
        site = Site(
            gate=gate, tallies=tallies, groups=PostgresGroups(account), min_cell=10, check_page=check_page,
            allowed_hosts=["localhost"], cameras=PostgresCameras(tallies),
        )  # fmt: skip
        yield Door(make_app(site), gate, passwords, owner)
    await owner.close()
