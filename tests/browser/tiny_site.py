"""The pages over the tiny world, served to a real browser: numbers and dates are always the same."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from services.report.domain.people import Role
from tests.fakes.report_site import FakeSite
from tests.fakes.tally_reader import EVERYWHERE, Key
from tests.servers.running import finish, free_ports

AXE = Path(__file__).parents[2] / "services" / "report" / "web" / "node_modules" / "axe-core" / "axe.min.js"
# What chromium says of pages that are meant to be refused.
EXPECTED = ("404 (Not Found)", "422 (Unprocessable")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Nothing moves, for whoever asks for that: frames in between are drawn on the tests' two cores.
STILL: dict[str, Any] = {"viewport": DESK, "color_scheme": "light", "reduced_motion": "reduce"}


class TinySite:
    """The fake site behind a port.

    Args:
        site: not served before.
    """

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        (port,) = free_ports(1)
        self.url = f"http://localhost:{port}"
        config = uvicorn.Config(site.app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def __enter__(self) -> "TinySite":
        self._thread.start()
        finish(self._started())
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _started(self) -> None:
        async with asyncio.timeout(10):
            while not self._server.started:
                await asyncio.sleep(0.02)

    @contextmanager
    def page(
        self, browser: Browser, role: Role = Role.ANALYST, access: tuple[Key, ...] = EVERYWHERE, **window: Any
    ) -> Iterator[Page]:
        """A window in which somebody has signed in, and which must not complain: no error, no request to elsewhere.

        Args:
            browser: chromium.
            role: of whoever looks.
            access: what they may see.
            window: as Browser.new_context has it, such as color_scheme.
        """
        token = finish(self._sign_in(role, access))
        options = STILL | {"locale": "en-GB"} | window
        context = browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": self.site.gate.cookie(), "value": token, "url": self.url}])
        opened = context.new_page()
        complaints: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(status in message.text for status in EXPECTED):
                complaints.append(message.text)

        def watch(request: Request) -> None:
            if not request.url.startswith((self.url, "data:")):
                complaints.append(request.url)

        opened.on("console", hear)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", watch)
        try:
            yield opened
        finally:
            context.close()
        assert complaints == []

    async def _sign_in(self, role: Role, access: tuple[Key, ...]) -> str:
        client, _ = await self.site.browser(role, access)
        token = client.cookies[self.site.gate.cookie()]
        await client.aclose()
        return token


def painted(page: Page) -> None:
    """Wait until every chart that can be seen has drawn something."""
    # Not by wait_for_function, which evaluates its words again and again: the pages' policy forbids that.
    expect(page.locator("[data-chart]:visible:not(:has(canvas))")).to_have_count(0)


def is_wide(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def faults(page: Page) -> list[str]:
    """What axe finds."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
    return found
