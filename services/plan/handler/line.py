"""Photos that wait for something, first come, first served; in lots, because there are millions."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple


class Lot(NamedTuple):
    """Photos of one cell that were acknowledged in the same tick.

    Args:
        born: number of the tick.
        photos: how many.
        cell: whose.
    """

    born: int
    photos: int
    cell: int


class Line:
    """A queue of lots.

    Args:
        most: photos that it has room for; more are refused by `room`.
    """

    def __init__(self, most: float = float("inf")) -> None:
        self._lots: deque[Lot] = deque()
        self._most = most
        self.photos = 0

    @property
    def room(self) -> float:
        """For so many photos."""
        return max(self._most - self.photos, 0)

    @property
    def oldest(self) -> int | None:
        """Tick of the first lot; None when nothing waits."""
        return self._lots[0].born if self._lots else None

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots at the end."""
        for lot in lots:
            if lot.photos:
                self._lots.append(lot)
                self.photos += lot.photos

    def put_back(self, lots: list[Lot]) -> None:
        """Add lots before all others, in their order."""
        self._lots.extendleft(reversed(lots))
        self.photos += sum(lot.photos for lot in lots)

    def take(self, most: float) -> list[Lot]:
        """Remove as many photos as that at most, the first ones."""
        left = int(min(most, self.photos))
        self.photos -= left
        taken = []
        while left:
            lot = self._lots.popleft()
            if lot.photos > left:
                self._lots.appendleft(lot._replace(photos=lot.photos - left))
                lot = lot._replace(photos=left)
            taken.append(lot)
            left -= lot.photos
        return taken
