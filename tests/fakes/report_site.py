"""The report's pages over fakes, and people who are signed in to them."""

from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI

from services.report.domain.people import Grant, NewPerson, Role, Viewer
from services.report.domain.places import Level
from services.report.handler.audit import AuditTrail
from services.report.handler.cameras import CameraRecords
from services.report.handler.check_camera import CheckCamera
from services.report.handler.estate import EditEstate
from services.report.handler.people import People
from services.report.handler.sign_in import SignIn
from services.report.pages.app import Site, make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from services.report.pages.privacy import Kept
from services.report.pages.security import Gate
from tests.fakes.audit_store import FakeAuditStore
from tests.fakes.examiner import FakeExaminer
from tests.fakes.group_store import FakeGroupStore
from tests.fakes.passwords import FakeChance, FakePasswords
from tests.fakes.people_store import FakePeopleStore
from tests.fakes.tally_reader import EVERYWHERE, FakeTallies, Key

_PASSWORD = "correct horse battery"


@dataclass
class FakeSite:
    """The application, and what it is made of."""

    tallies: FakeTallies = field(default_factory=lambda: FakeTallies(access={}))
    store: FakePeopleStore = field(default_factory=FakePeopleStore)
    audit: FakeAuditStore = field(default_factory=FakeAuditStore)
    min_cell: int = 10
    examiner: FakeExaminer = field(default_factory=FakeExaminer)
    camera_settings: CameraSettings = field(default_factory=lambda: CameraSettings(None, 2121, None, False))
    cameras: CameraRecords | None = None
    edit_estate: EditEstate | None = None
    kept: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        chance, passwords = FakeChance(), FakePasswords()
        self.people = People(self.store, passwords, chance)
        self.sign_in = SignIn(self.store, passwords, chance)
        self.gate = Gate(self.sign_in, self.people, AuditTrail(self.audit), "key", secure_cookies=False)
        self.app: FastAPI = make_app(
            Site(
                gate=self.gate,
                tallies=self.tallies,
                groups=FakeGroupStore(self.tallies),
                min_cell=self.min_cell,
                check_page=CameraCheckPage(CheckCamera(self.examiner, self.tallies), self.camera_settings),
                allowed_hosts=["localhost"],
                cameras=self.cameras,
                edit_estate=self.edit_estate,
                kept=self.kept,
            )
        )

    def stranger(self) -> httpx.AsyncClient:
        """A browser in which nobody has signed in."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def browser(
        self, role: Role = Role.ANALYST, access: tuple[Key, ...] = EVERYWHERE, language: str = "en"
    ) -> tuple[httpx.AsyncClient, Viewer]:
        """A browser in which a new person has signed in, and who that is.

        Args:
            role: of theirs.
            access: level and slug of every place that they may see.
            language: that they read.
        """
        email = f"person-{len(self.store.persons) + 1}@example.com"
        # The store of people knows other places than the tiny world, which is what counts.
        new = NewPerson(email, "Ana Berger", role, (Grant(Level.WORLD),))
        person, _ = await self.people.add(new, _PASSWORD)
        await self.store.set_language(person.person_id, language)
        self.tallies.access[person.person_id] = access
        opened = await self.sign_in.with_password(email, _PASSWORD, "192.0.2.1")
        client = self.stranger()
        client.cookies.set(self.gate.cookie(), opened.token, domain="localhost.local")
        return client, opened.viewer
