"""The report, read as its users do: the JSON API as a machine, the page as a person."""

import re
from datetime import date

import httpx

_VISITORS = re.compile(r'<span class="lab">Visitors</span><span class="val">([0-9,]+)')
_LOOKED_AT = ("faces", "no_face", "face_too_small", "unreadable")


class HttpReport:
    """A running report service.

    Args:
        client: signed in.
        days: the first and the last that are looked at.
    """

    def __init__(self, client: httpx.AsyncClient, days: tuple[date, date]) -> None:
        self._client = client
        self._days = {"from": str(days[0]), "to": str(days[1])}

    async def looked_at(self, camera: str) -> int:
        """Photos of a camera that have been looked at."""
        answer = await self._client.get(f"/api/v1/cameras/{camera}", params=self._days)
        answer.raise_for_status()
        uploads = answer.json()["uploads"]
        return sum(uploads.get(outcome, 0) for outcome in _LOOKED_AT)

    async def visitors(self, shop: str) -> int:
        """Visitors of a shop, for machines."""
        answer = await self._client.get("/api/v1/overview", params={"place": f"shop:{shop}", **self._days})
        answer.raise_for_status()
        return int(answer.json()["now"]["visitors"])

    async def visitors_on_page(self, shop: str) -> int:
        """Visitors as a shop's page shows them; 0 where it says that there were none."""
        page = await self._client.get(f"/shops/{shop}", params=self._days)
        page.raise_for_status()
        found = _VISITORS.search(page.text)
        return int(found[1].replace(",", "")) if found else 0
