"""Migrations: in order, once, and as they were."""

import pytest

from services.provision.domain.schema import ChangedMigrationError, Migration, pending

ONE, TWO = Migration("0001_one", "select 1"), Migration("0002_two", "select 2")


def test_migrations_run_in_order_and_once() -> None:
    assert pending([TWO, ONE], {}) == [ONE, TWO]
    assert pending([TWO, ONE], {ONE.name: ONE.sha256}) == [TWO]
    assert pending([TWO, ONE], {ONE.name: ONE.sha256, TWO.name: TWO.sha256}) == []


def test_an_applied_migration_must_not_change() -> None:
    with pytest.raises(ChangedMigrationError, match="0001_one"):
        pending([Migration(ONE.name, "select 3")], {ONE.name: ONE.sha256})
