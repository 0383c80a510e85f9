"""The report, read as its users do: the JSON API as a machine, the page as a person."""

import re

import httpx

_PERIOD = "13w"
_VISITORS = re.compile(r'<span class="lab">Visitors</span><span class="val">([0-9,]+)')
_LOOKED_AT = ("faces", "no_face", "face_too_small", "unreadable")


class HttpReport:
    """A running report service."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def looked_at(self, shop: str) -> int:
        """Photos of a shop that have been looked at."""
        answer = await self._client.get(f"/api/v1/shops/{shop}/tally", params={"period": _PERIOD})
        answer.raise_for_status()
        uploads = answer.json()["uploads"]
        return sum(uploads.get(outcome, 0) for outcome in _LOOKED_AT)

    async def visitors_on_page(self, shop: str) -> int:
        """Visitors as a shop's page shows them; 0 where it says that there were none."""
        page = await self._client.get(f"/shops/{shop}", params={"period": _PERIOD})
        page.raise_for_status()
        found = _VISITORS.search(page.text)
        return int(found[1].replace(",", "")) if found else 0
