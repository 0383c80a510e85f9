"""Managers who browse, in a process of their own: each reads a page, thinks, and asks for another.

Reads what to do from standard input as JSON and writes what happened to standard output.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import numpy as np
import uvloop

_TIMEOUT_S: Final = 30.0
_PRESETS: Final = ("7d", "28d", "13w", "year")
_CHOICES: Final = {
    "gender": ("female", "male"),
    "band": ("18-24", "25-34", "35-44", "65+"),
    "mood": ("happiness", "neutral", "sadness"),
}
_PAGES: Final = (("overview", 0.4), ("explore", 0.25), ("league", 0.15), ("compare", 0.1), ("cameras", 0.1))


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who browses.

    Args:
        place: word of their place: world, or level:slug.
        inside: words of places that they may look at as well.
    """

    token: str
    place: str
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done.

    Args:
        url: of the report.
        cookie: name of the session's cookie.
        until: the last day that there is something of.
        think_s: least and most seconds between pages.
    """

    url: str
    cookie: str
    managers: tuple[Manager, ...]
    until: str
    seconds: float
    think_s: tuple[float, float]
    seed: int


def address(random: np.random.Generator, manager: Manager, until: date) -> tuple[str, str]:
    """A page that somebody might ask for next, and its address."""
    page = str(random.choice([name for name, _ in _PAGES], p=[share for _, share in _PAGES]))
    place = manager.place if random.random() < 0.5 or not manager.inside else str(random.choice(manager.inside))
    query: dict[str, str] = {}
    if random.random() < 0.6:
        query["period"] = str(random.choice(_PRESETS))
    else:
        last = until - timedelta(days=int(random.integers(0, 60)))
        query |= {"from": str(last - timedelta(days=int(random.integers(1, 300)))), "to": str(last)}
    if random.random() < 0.35:
        name = str(random.choice(list(_CHOICES)))
        query[name] = str(random.choice(_CHOICES[name]))
    return page, f"{path(page, place, query)}?{urlencode(query)}"


def path(page: str, place: str, query: dict[str, str]) -> str:
    """Path of a page about a place; what it needs beside goes into the query."""
    level, _, slug = place.partition(":")
    if page == "overview":
        return {"world": "/", "region": f"/regions/{slug}", "city": f"/cities/{slug}", "shop": f"/shops/{slug}"}[level]
    if page == "compare":
        query["subject"] = place
    elif level != "world":
        query["place"] = place
    return f"/{page}"


async def browse(work: Work) -> dict[str, Any]:
    """Browse, and say how long each answer took."""
    took_ms: dict[str, list[float]] = {}
    failures: Counter[str] = Counter()
    sizes: list[int] = []
    until = date.fromisoformat(work.until)
    ends = time.monotonic() + work.seconds

    async def one(number: int, manager: Manager) -> None:
        random = np.random.default_rng([work.seed, number])
        headers = {"accept-encoding": "gzip", "accept": "text/html"}
        async with httpx.AsyncClient(
            base_url=work.url, cookies={work.cookie: manager.token}, timeout=_TIMEOUT_S, headers=headers
        ) as client:
            await asyncio.sleep(random.uniform(0, work.think_s[1]))
            while time.monotonic() < ends:
                page, wanted = address(random, manager, until)
                began = time.perf_counter()
                try:
                    answer = await client.get(wanted)
                except httpx.HTTPError as error:
                    failures[f"{page}: {type(error).__name__}"] += 1
                else:
                    took_ms.setdefault(page, []).append((time.perf_counter() - began) * 1000)
                    sizes.append(len(answer.content))
                    if answer.status_code != 200:
                        failures[f"{answer.status_code} {wanted}"] += 1
                await asyncio.sleep(random.uniform(*work.think_s))

    async with asyncio.TaskGroup() as tasks:
        for number, manager in enumerate(work.managers):
            tasks.create_task(one(number, manager))
    return {"took_ms": took_ms, "failures": dict(failures), "bytes": sizes}


def read_work(text: str) -> Work:
    """What `write_work` has written."""
    values = json.loads(text)
    managers = tuple(Manager(one["token"], one["place"], tuple(one["inside"])) for one in values.pop("managers"))
    return Work(**{**values, "managers": managers, "think_s": tuple(values["think_s"])})


def write_work(work: Work) -> str:
    """As JSON."""
    return json.dumps(asdict(work))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(browse(read_work(sys.stdin.read())))))
