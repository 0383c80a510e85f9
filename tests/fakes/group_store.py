"""Groups of shops in memory, where the fake tallies see them."""

from dataclasses import dataclass, replace

from services.common.errors import TransientError
from services.report.domain.groups import GroupDraft, ShopGroup
from tests.fakes.tally_reader import FakeTallies


@dataclass
class FakeGroupStore:
    """Refuses everything while the tallies are away."""

    tallies: FakeTallies

    async def add(self, owner_id: int, slug: str, draft: GroupDraft) -> bool:
        """As PostgresGroups.add."""
        self._check()
        if any(group.slug == slug for group in self.tallies.groups):
            return False
        self.tallies.groups.append(ShopGroup(slug, draft.name, owner_id, draft.shared, draft.shops))
        return True

    async def change(self, slug: str, draft: GroupDraft) -> None:
        """As PostgresGroups.change."""
        self._check()
        self.tallies.groups[:] = [
            replace(group, name=draft.name, shared=draft.shared, shops=draft.shops) if group.slug == slug else group
            for group in self.tallies.groups
        ]

    async def delete(self, slug: str) -> None:
        """As PostgresGroups.delete."""
        self._check()
        self.tallies.groups[:] = [group for group in self.tallies.groups if group.slug != slug]

    def _check(self) -> None:
        if self.tallies.away:
            raise TransientError("Postgres is away")
