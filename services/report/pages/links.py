"""Addresses that keep what the present one says: filters live in the address, and every link carries them on."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request

from services.report.domain.periods import Period, Step, steps_for
from services.report.domain.places import Level, Place
from services.report.pages import names

# What belongs to one page of a list: gone as soon as the list is another one.
_OF_ONE_PAGE = ("page",)
_OVERVIEWS = ("regions", "cities", "shops", "groups")


class Links:
    """Links from where somebody is.

    Args:
        request: what was asked for.
    """

    def __init__(self, request: Request) -> None:
        self._path = request.url.path
        self._query = list(request.query_params.multi_items())

    def to(self, path: str | None = None, /, **changes: object) -> str:
        """An address with the present query, but for changes; None takes a key away.

        Args:
            path: None for the same page.
            changes: new values by key, such as period="7d".
        """
        query = [(key, value) for key, value in self._query if key not in changes and key not in _OF_ONE_PAGE]
        query += [(key, str(value)) for key, value in changes.items() if value is not None]
        return (self._path if path is None else path) + (f"?{urlencode(query)}" if query else "")

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """The present query as hidden fields of a form, but for what the form asks for itself."""
        return [(key, value) for key, value in self._query if key not in but and key not in _OF_ONE_PAGE]

    def place(self, place: Place) -> str:
        """The same page about another place."""
        if self._path == "/" or self._path.split("/")[1] in _OVERVIEWS:
            return self.to(names.path(place))
        is_home = place.level in (Level.WORLD, Level.YOURS)
        # Of one camera there is no other place's page, but a list of cameras.
        path = "/cameras" if self._path.startswith("/cameras/") else None
        return self.to(path, place=None if is_home else f"{place.level}:{place.slug}")

    def overview(self, place: Place, **changes: object) -> str:
        """The overview of a place, for the same time and the same people."""
        return self.to(names.path(place), **{"place": None, "sort": None, "q": None, **changes})

    def steps(self, period: Period, step: Step) -> list[tuple[str, str, bool]]:
        """The steps that a period may be shown in: words, address, and whether it is the present one."""
        return [(names.step(one), self.to(step=one), one == step) for one in steps_for(period)]

    def at(self, path: str) -> bool:
        """Whether the present page is this one, or below it."""
        if path == "/":
            return self._path == "/" or self._path.split("/")[1] in _OVERVIEWS
        return self._path == path or self._path.startswith(path + "/")

    def is_chosen(self, **values: object) -> bool:
        """Whether the address says all of this; None: it says nothing of it."""
        query: Mapping[str, str] = dict(self._query)
        return all(query.get(key) == (None if value is None else str(value)) for key, value in values.items())
