"""Take the documentation's pictures: seed a small year, open the reports on it, and photograph their pages.

Run it with `make pictures`. It needs chromium, and writes docs/images.
"""

import argparse
import asyncio
import io
import json
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect
from rich.console import Console

from bench.year.cluster import YearFolder, free_port
from bench.year.plan import plan_until_now
from bench.year.seed import seed
from bench.year.service import report_program
from tests.servers.running import RunningProgram

console = Console(stderr=True, highlight=False)
IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
MONTHS, SHOPS, SEED = 3, 300, 5
# A phone that is so high that more than a chart is to be seen above its bar.
_DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
_PHONE: Final[ViewportSize] = {"width": 390, "height": 1500}
_EXACT: Final = 96
_NOBODY: Final = {"url": "nats://127.0.0.1:9", "user": "estate", "password": "nobody-answers"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to be photographed.

    Args:
        name: of the file, without its ending.
        path: of the page; {shop}, {other}, {city}, {camera} are some of the year.
        height_px: where it ends; None: where the page does, and on a phone as high as its screen is.
        before: done to the page first.
    """

    name: str
    path: str
    theme: Literal["light", "dark"] = "light"
    phone: bool = False
    height_px: int | None = None
    before: Callable[[Page], Awaitable[None]] | None = None


async def _add_schedules(page: Page) -> None:
    """Two reports that are sent, one of them paused."""
    for name, place, cadence in (
        ("World, every Monday", "world", "weekly"),
        ("Northern Europe", "region:northern-europe", "daily"),
    ):
        await page.goto("/schedules/new")
        await page.get_by_label("Name").fill(name)
        await page.get_by_role("textbox", name="Place", exact=True).fill(place)
        await page.get_by_label("How often").select_option(cadence)
        await page.get_by_label("Time zone").fill("Europe/London")
        await page.get_by_label("Recipients").fill("board@example.org")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#schedules")).to_contain_text(name)
    await page.get_by_role("button", name="Pause Northern Europe").click()
    await expect(page.locator("#schedules")).to_contain_text("Paused")


PICTURES: Final = (
    Picture("overview", "/"),
    Picture("shop-dark", "/shops/{shop}", theme="dark"),
    Picture("shop-phone", "/shops/{shop}", phone=True),
    Picture("explore", "/explore?place=city:{city}&gender=female", height_px=1400),
    Picture("compare", "/compare?subject=shop:{shop}&subject=shop:{other}&subject=shop:{shop}@previous"),
    Picture("league", "/league?sort=mood"),
    Picture("cameras", "/cameras?place=city:{city}"),
    Picture("camera", "/cameras/{camera}"),
    Picture("privacy", "/privacy"),
    Picture("admin-estate", "/admin/estate?region=northern-europe", height_px=1100),
    Picture("admin-people", "/admin/people", height_px=900),
    Picture("schedules", "/schedules", before=_add_schedules, height_px=480),
    Picture("login", "/login"),
)


async def take(site: str, people: list[dict[str, Any]], words: dict[str, str], names: set[str]) -> None:
    """Take some of the pictures, all where none is named."""
    admin = next(person for person in people if person["role"] == "admin")
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        state = await _sign_in(browser, site, admin)
        for picture in PICTURES:
            if not names or picture.name in names:
                await _take(browser, site, None if picture.name == "login" else state, picture, words)
        await browser.close()


async def _sign_in(browser: Browser, site: str, person: dict[str, Any]) -> Any:
    window = await browser.new_context(base_url=site)
    page = await window.new_page()
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(person["email"])
    await page.get_by_label("Password").fill(person["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    state = await window.storage_state()
    await window.close()
    return state


async def _take(browser: Browser, site: str, state: Any, picture: Picture, words: dict[str, str]) -> None:
    size = _PHONE if picture.phone else _DESK
    window = await browser.new_context(
        base_url=site, storage_state=state, viewport=size, color_scheme=picture.theme, locale="en-GB",
        reduced_motion="reduce", is_mobile=picture.phone, has_touch=picture.phone,
    )  # fmt: skip
    page = await window.new_page()
    if picture.before:
        await picture.before(page)
    answer = await page.goto(picture.path.format(**words))
    assert answer is not None
    assert answer.ok, f"{picture.path} answers {answer.status}"
    await expect(page.locator("[data-chart]:visible:not(:has(canvas))")).to_have_count(0)
    await page.evaluate("document.fonts.ready")
    # What lies further down may come when somebody gets there.
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await page.wait_for_load_state("networkidle")
    await page.evaluate("scrollTo(0, 0)")
    whole = await page.screenshot(full_page=not picture.phone, animations="disabled")
    image = Image.open(io.BytesIO(whole)).convert("RGB")
    if picture.height_px:
        image = image.crop((0, 0, image.width, min(image.height, picture.height_px)))
    path = IMAGES / f"{picture.name}.png"
    in_few_colours(image).save(path, optimize=True)
    console.print(
        f"{path.relative_to(IMAGES.parents[1])}: {image.width} x {image.height}, {path.stat().st_size / 1000:.0f} kB"
    )
    await window.close()


def in_few_colours(image: Image.Image) -> Image.Image:
    """The picture with a palette, for a small file: its most frequent colours as they are, and the others nearly."""
    colours = sorted(image.getcolors(1 << 24) or [], reverse=True)[:_EXACT]
    exact = [part for _, colour in colours if isinstance(colour, tuple) for part in colour[:3]]
    others = image.quantize(256 - len(exact) // 3, Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((exact + others)[:768])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


_WORDS: Final = """
select s.slug as shop, o.slug as other, y.slug as city, c.slug as camera
from shop s join city y using (city_id) join region r using (region_id)
join shop o on o.city_id = s.city_id and o.shop_id <> s.shop_id
join camera_health h on h.state = 'attention' join camera c on c.camera_id = h.camera_id and not c.catch_all
where r.slug = 'northern-europe' order by (select count(*) from shop z where z.city_id = s.city_id) desc, 1, 2, h.photos desc limit 1
"""


async def main(folder: YearFolder, names: set[str]) -> None:
    """Seed, open and photograph."""
    if not (folder.path / "seeded.json").exists():
        await seed(folder, plan_until_now(MONTHS, SHOPS, SEED))
    port = free_port()
    async with folder.database() as database:
        program = report_program(
            database, port, estate_dsn=database.dsn("estate"), estate_nats=_NOBODY, privacy_photos_kept_days=30,
            privacy_results_kept_days=400, privacy_tallies_kept_days=0,
        )  # fmt: skip
        report = RunningProgram(program, folder.path / "report.log")
        report.spawn()
        try:
            await report.until_ready()
            words = await database_row(database.dsn("owner"), _WORDS)
            people = json.loads((folder.path / "people.json").read_text())
            await take(f"http://127.0.0.1:{port}", people, words, names)
        finally:
            await asyncio.to_thread(report.stop)


async def database_row(dsn: str, query: str) -> dict[str, str]:
    """The first row that a query gives."""
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow(query)
        assert row is not None
        return dict(row)
    finally:
        await connection.close()


def run() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of some of them; else all are taken")
    parser.add_argument("--folder", type=Path, help="where the small year is kept for another time; else nowhere")
    asked = parser.parse_args()
    if unknown := set(asked.names) - {picture.name for picture in PICTURES}:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(YearFolder(asked.folder or Path(made) / "year"), set(asked.names)))


if __name__ == "__main__":
    run()
