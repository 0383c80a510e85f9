"""Groups of shops, in Postgres."""

from services.report.adapters.account_database import AccountDatabase
from services.report.domain.groups import GroupDraft

_MEMBERS = "insert into shop_group_member (group_id, shop_id) select $1, shop_id from shop where slug = any($2::text[])"


class PostgresGroups:
    """The tables shop_group and shop_group_member."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def add(self, owner_id: int, slug: str, draft: GroupDraft) -> bool:
        """Keep a new group; False where another one has this short name."""
        async with self._database.transaction() as connection:
            group_id = await connection.fetchval(
                "insert into shop_group (slug, name, owner_id, shared) values ($1, $2, $3, $4) "
                "on conflict (slug) do nothing returning group_id",
                slug,
                draft.name,
                owner_id,
                draft.shared,
            )
            if group_id is None:
                return False
            await connection.execute(_MEMBERS, group_id, list(draft.shops))
            return True

    async def change(self, slug: str, draft: GroupDraft) -> None:
        """Change a group. Nothing happens where there is none."""
        async with self._database.transaction() as connection:
            group_id = await connection.fetchval(
                "update shop_group set name = $2, shared = $3 where slug = $1 returning group_id",
                slug,
                draft.name,
                draft.shared,
            )
            if group_id is not None:
                await connection.execute("delete from shop_group_member where group_id = $1", group_id)
                await connection.execute(_MEMBERS, group_id, list(draft.shops))

    async def delete(self, slug: str) -> None:
        """Delete a group. Nothing happens where there is none."""
        async with self._database.transaction() as connection:
            await connection.execute("delete from shop_group where slug = $1", slug)
