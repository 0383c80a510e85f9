"""All places that somebody may see."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from services.report.domain.listed_shops import ListedShop


class ShopReader(Protocol):
    """What one person may see."""

    async def listed_shops(self) -> Sequence[ListedShop]:
        """Every shop that they may see, by the names of region, city and shop."""
        ...


class Shops(Protocol):
    """The database."""

    def seen_by(self, person_id: int) -> AbstractAsyncContextManager[ShopReader]:
        """What this person may see, and nothing else; TransientError when the database is away."""
        ...


async def list_shops(shops: Shops, person_id: int) -> Sequence[ListedShop]:
    """Every shop that they may see, by the names of region, city and shop.

    Raises:
        TransientError: the database is away.
    """
    async with shops.seen_by(person_id) as reader:
        return await reader.listed_shops()
