"""Groups of shops: who has which, and how they are made, changed and deleted."""

from collections.abc import Sequence
from typing import Protocol

from services.report.domain.groups import GroupDraft, GroupError, ShopGroup, group_slug, may_change
from services.report.domain.places import Site
from services.report.handler.tallies import Tallies, TallyReader, UnknownPlaceError

_MOST_NAMESAKES = 200


class GroupStore(Protocol):
    """Where groups are kept, as the service itself sees them; whoever calls has checked that it may be done."""

    async def add(self, owner_id: int, slug: str, draft: GroupDraft) -> bool:
        """Keep a new group; False where another one has this short name."""
        ...

    async def change(self, slug: str, draft: GroupDraft) -> None:
        """Change a group. Nothing happens where there is none."""
        ...

    async def delete(self, slug: str) -> None:
        """Delete a group. Nothing happens where there is none."""
        ...


class Groups:
    """What people do with groups of shops.

    Args:
        tallies: the database, as whoever asks may see it.
        store: where groups are kept.
    """

    def __init__(self, tallies: Tallies, store: GroupStore) -> None:
        self._tallies = tallies
        self._store = store

    async def usable(self, person_id: int) -> Sequence[ShopGroup]:
        """Their own groups and those of everybody, by name, as far as they may see all shops of it.

        Raises:
            TransientError: the database is away.
        """
        async with self._tallies.seen_by(person_id) as reader:
            return await reader.groups()

    async def find_shops(self, person_id: int, text: str, most: int) -> Sequence[Site]:
        """Shops with these letters in their own or their city's name; none without letters.

        Raises:
            TransientError: the database is away.
        """
        letters = text.strip().casefold()
        if not letters:
            return ()
        async with self._tallies.seen_by(person_id) as reader:
            shops = await _all_shops(reader)
        found = [shop for shop in shops if letters in shop.place.name.casefold() or letters in shop.city.casefold()]
        return found[:most]

    async def named(self, person_id: int, slugs: Sequence[str]) -> Sequence[Site]:
        """The shops with these short names that they may see, by name.

        Raises:
            TransientError: the database is away.
        """
        if not slugs:
            return ()
        wanted = set(slugs)
        async with self._tallies.seen_by(person_id) as reader:
            return [shop for shop in await _all_shops(reader) if shop.place.slug in wanted]

    async def make(self, person_id: int, draft: GroupDraft) -> str:
        """Make a group; its short name.

        Raises:
            GroupError: they may not see one of its shops.
            TransientError: the database is away.
        """
        await self._check_shops(person_id, draft)
        for number in range(1, _MOST_NAMESAKES):
            slug = group_slug(draft.name, number)
            if await self._store.add(person_id, slug, draft):
                return slug
        raise GroupError("There are too many groups of this name")

    async def change(self, person_id: int, slug: str, draft: GroupDraft, *, is_admin: bool) -> None:
        """Change a group; its short name stays.

        Raises:
            UnknownPlaceError: there is none that they may change.
            GroupError: they may not see one of its shops.
            TransientError: the database is away.
        """
        await self._mine(person_id, slug, is_admin=is_admin)
        await self._check_shops(person_id, draft)
        await self._store.change(slug, draft)

    async def delete(self, person_id: int, slug: str, *, is_admin: bool) -> None:
        """Delete a group.

        Raises:
            UnknownPlaceError: there is none that they may delete.
            TransientError: the database is away.
        """
        await self._mine(person_id, slug, is_admin=is_admin)
        await self._store.delete(slug)

    async def _mine(self, person_id: int, slug: str, *, is_admin: bool) -> ShopGroup:
        for group in await self.usable(person_id):
            if group.slug == slug and may_change(group, person_id, is_admin=is_admin):
                return group
        raise UnknownPlaceError(slug)

    async def _check_shops(self, person_id: int, draft: GroupDraft) -> None:
        if len(await self.named(person_id, draft.shops)) != len(draft.shops):
            raise GroupError("One of these shops is not there, or you may not see it")


async def _all_shops(reader: TallyReader) -> Sequence[Site]:
    home = await reader.home()
    setting = await reader.setting(*home) if home else None
    return await reader.shops(setting) if setting else ()
