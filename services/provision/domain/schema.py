"""Roles and migrations of the database."""

from dataclasses import dataclass
from hashlib import sha256

DATABASE_ROLES = ("record", "report", "account", "estate", "bi", "operator", "backfill", "labels")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the database's schema. It never changes once it has been applied."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the SQL, kept with the fact that it was applied."""
        return sha256(self.sql.encode()).hexdigest()


class ChangedMigrationError(Exception):
    """A migration that the database has applied reads differently now."""


def pending(migrations: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """The migrations still to apply, in order of their names.

    Args:
        migrations: all that there are.
        applied: name to digest, of those that the database has.

    Raises:
        ChangedMigrationError: one was edited after it had been applied.
    """
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise ChangedMigrationError(f"{migration.name} was changed after this database had applied it")
    return sorted((m for m in migrations if m.name not in applied), key=lambda m: m.name)
