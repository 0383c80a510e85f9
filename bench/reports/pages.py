"""Pages in chromium, from the click until nothing more is loaded and every chart has been painted, animation included."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM: Final = "/usr/bin/chromium"
_SIZE: Final = {"width": 1440, "height": 1000}
# Notes when each chart has come to rest. ECharts draws within the script that makes a chart, so that this is told of it
# by the change of the document, and asks whether anything still moves.
_WATCH: Final = """
(() => {
  const done = new Map();
  const shown = () => [...document.querySelectorAll("[data-chart]")].filter((e) => e.clientWidth > 0);
  const rest = (element) => requestAnimationFrame(() => setTimeout(() => done.set(element, performance.now())));
  const look = () => {
    if (!window.echarts) return;
    for (const element of shown()) {
      const chart = window.echarts.getInstanceByDom(element);
      if (!chart || element.watched) continue;
      element.watched = true;
      if (chart.getZr().animation.isFinished()) rest(element);
      else chart.on("finished", () => { if (!done.has(element)) rest(element); });
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  window.facetallyBench = () => {
    look();
    const charts = shown();
    if (document.readyState !== "complete" || charts.some((element) => !done.has(element))) return null;
    const entries = [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")];
    const loaded = Math.max(...entries.map((entry) => entry.loadEventEnd || entry.responseEnd));
    const navigation = performance.getEntriesByType("navigation")[0];
    return { complete: Math.max(loaded, ...charts.map((element) => done.get(element))), charts: charts.length,
      canvases: document.querySelectorAll("[data-chart] canvas, [data-chart] svg").length,
      answered: navigation.responseEnd, bytes: entries.reduce((sum, entry) => sum + entry.transferSize, 0) };
  };
})();
"""
_PAINTED_WITHIN_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a page.

    Args:
        answered_ms: until the document was there.
        complete_ms: until nothing more was loaded and every chart had been painted.
        kilobytes: over the wire.
    """

    page: str
    fresh: bool
    answered_ms: float
    complete_ms: float
    charts: int
    kilobytes: float


async def load_pages(url: str, cookie: tuple[str, str], paths: dict[str, str], rounds: int) -> tuple[list[Load], float]:
    """Load each page so often in fresh contexts, and so often in one that has the assets already.

    Args:
        url: of the report.
        cookie: name and value.
        paths: with their queries, by name of the page.
        rounds: of each kind.

    Returns:
        The loads, and milliseconds of an empty page: what the browser itself takes now.
    """
    loads: list[Load] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            warm = await _context(browser, url, cookie)
            for name, path in paths.items():  # before anything counts
                await _load(warm, name, f"{url}{path}", fresh=False)
            for _ in range(rounds):
                for name, path in paths.items():
                    context = await _context(browser, url, cookie)
                    loads.append(await _load(context, name, f"{url}{path}", fresh=True))
                    await context.close()
                    loads.append(await _load(warm, name, f"{url}{path}", fresh=False))
            empty = [await _empty(warm, f"{url}/static/theme.js") for _ in range(rounds)]
        finally:
            await browser.close()
    return loads, sorted(empty)[int(len(empty) * 0.95)]


async def _context(browser: Browser, url: str, cookie: tuple[str, str]) -> BrowserContext:
    context = await browser.new_context(viewport=_SIZE)  # type: ignore[arg-type]
    await context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": url}])
    await context.add_init_script(_WATCH)
    return context


async def _load(context: BrowserContext, name: str, url: str, *, fresh: bool) -> Load:
    page: Page = await context.new_page()
    try:
        answer = await page.goto(url, wait_until="load")
        if answer is None or answer.status != 200 or "/login" in page.url:
            raise RuntimeError(f"{url} answered {answer.status if answer else 'nothing'} at {page.url}")
        await page.wait_for_load_state("networkidle")
        seen = await _painted(page)
        if seen["canvases"] < seen["charts"]:
            raise RuntimeError(f"{url} has {seen['charts']} charts and {seen['canvases']} canvases")
        return Load(name, fresh, seen["answered"], seen["complete"], seen["charts"], seen["bytes"] / 1000)
    finally:
        await page.close()


async def _painted(page: Page) -> dict[str, Any]:
    """What `_WATCH` saw, once every chart has been painted; the pages' own rules forbid Playwright's way of waiting."""
    deadline = time.monotonic() + _PAINTED_WITHIN_S
    while (seen := await page.evaluate("() => window.facetallyBench()")) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{page.url} still has charts that are not painted")
        await asyncio.sleep(0.02)
    painted: dict[str, Any] = seen
    return painted


async def _empty(context: BrowserContext, url: str) -> float:
    """A text file, shown: the browser and the way to it, without a page."""
    page = await context.new_page()
    try:
        await page.goto(url, wait_until="load")
        took: float = await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        return took
    finally:
        await page.close()


def world_pages(period: str, beside: Sequence[str]) -> dict[str, str]:
    """Addresses of the pages at world scope.

    Args:
        period: as a query.
        beside: words of places that are compared with the world.
    """
    subjects = "&".join(f"subject={word}" for word in ("world", *beside))
    return {
        "overview": f"/?{period}",
        "explore": f"/explore?{period}",
        "league": f"/league?{period}",
        "compare": f"/compare?{period}&{subjects}",
        "cameras": "/cameras",
    }
