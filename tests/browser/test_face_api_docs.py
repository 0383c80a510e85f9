"""The face API's page of operations: in a real browser, under its policy, by day and by night, asking nobody else."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Security, UploadFile
from fastapi.security import APIKeyHeader
from playwright.sync_api import Browser, Page, expect

from services.faceapi.routes.docs import docs_routes
from tests.browser.real_site import listen
from tests.browser.tiny_site import DESK, PHONE, is_wide
from tests.servers.running import finish, free_ports

KEY = "a key for the tests"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def tiny_api() -> FastAPI:
    """Two operations, one of which wants a key and a photo."""
    app = FastAPI(title="Tiny", docs_url=None, redoc_url=None, routes=docs_routes())
    key = APIKeyHeader(name="X-Key")

    @app.get("/hello")
    async def hello() -> str:
        """Say hello."""
        return "Hello there"

    @app.post("/photos/{name}")
    async def look(name: str, given: Annotated[str, Security(key)], photo: UploadFile) -> dict[str, str | int]:
        """Look at a photo."""
        return {"name": name, "key": given, "bytes": len(await photo.read())}

    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The tiny API behind a port."""
    (port,) = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(tiny_api(), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))

    async def until_started() -> None:
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.02)

    thread.start()
    finish(until_started())
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@contextmanager
def opened(browser: Browser, url: str, path: str = "/docs", **window: object) -> Iterator[Page]:
    """The page; it must not complain, and ask nobody else."""
    context = browser.new_context(base_url=url, **window)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints = listen(page, url)
    try:
        page.goto(path)
        yield page
    finally:
        context.close()
    assert complaints == []


def unfold(page: Page, method: str) -> None:
    page.locator(f".opblock-{method} .opblock-summary-control").click()
    expect(page.locator(f".opblock-{method} .opblock-body")).to_be_visible()


def test_every_operation_is_shown(browser: Browser, url: str) -> None:
    with opened(browser, url, viewport=DESK) as page:
        expect(page).to_have_title("facetally Face API")
        expect(page.locator("h1.title, h2.title")).to_contain_text("Tiny")
        expect(page.locator(".opblock-summary-path")).to_have_text(["/hello", "/photos/{name}"])
        assert page.locator("img[alt='Online validator badge'], .topbar").count() == 0


def test_an_operation_can_be_tried_out(browser: Browser, url: str) -> None:
    with opened(browser, url, viewport=DESK) as page:
        page.locator(".auth-wrapper .authorize").click()
        page.locator(".modal-ux input").fill(KEY)
        page.locator(".modal-ux .authorize").click()
        page.locator(".modal-ux .btn-done").click()
        unfold(page, "post")
        page.get_by_role("button", name="Try it out").click()
        page.locator(".parameters input[type=text]").fill("ana")
        page.locator("input[type=file]").set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
        )
        page.get_by_role("button", name="Execute").click()
        answer = page.locator("tr.response").first
        for said in ('"name": "ana"', f'"key": "{KEY}"', '"bytes": 3'):
            expect(answer).to_contain_text(said)
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        page.reload()
        expect(page.locator(".auth-wrapper .authorize.unlocked")).to_be_visible()  # the key is forgotten


def test_whose_description_is_shown_is_not_up_to_the_address(browser: Browser, url: str) -> None:
    elsewhere = "/docs?url=https%3A%2F%2Fexample.com%2Fopenapi.json&configUrl=https%3A%2F%2Fexample.com%2Fconfig.json"
    with opened(browser, url, elsewhere, viewport=DESK) as page:
        expect(page.locator(".opblock-summary-path")).to_have_text(["/hello", "/photos/{name}"])


def test_it_is_dark_by_night(browser: Browser, url: str) -> None:
    with opened(browser, url, viewport=DESK, color_scheme="light") as page:
        expect(page.locator(".opblock")).to_have_count(2)
        day = page.evaluate(BACKGROUND)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html.dark-mode")).to_have_count(1)
        assert (day, page.evaluate(BACKGROUND)) == ("rgb(250, 250, 250)", "rgb(28, 32, 34)")


@pytest.mark.parametrize("width", [320, PHONE["width"]])
def test_it_fits_a_phone(browser: Browser, url: str, width: int) -> None:
    with opened(browser, url, viewport={"width": width, "height": 800}) as page:
        for method in ("get", "post"):
            unfold(page, method)
            page.locator(f".opblock-{method}").get_by_role("button", name="Try it out").click()
        assert not is_wide(page)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(url: str) -> None:
    for path in ("/docs", "/static/docs.js", "/static/vendor/swagger-ui-bundle.js", "/static/vendor/swagger-ui.css"):
        answer = httpx.get(f"{url}{path}")
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = httpx.get(f"{url}{path}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == (304 if path != "/docs" else 200)
    for missing in ("/static/", "/static/../settings.py", "/static/%2e%2e/settings.py", "/static/vendor", "/docs/x"):
        assert httpx.get(f"{url}{missing}").status_code in (404, 405)
