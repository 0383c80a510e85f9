"""Rights and migrations."""

import pytest

from services.provision.domain import ChangedMigrationError, Migration, nats_permissions, pending

ONE, TWO = Migration("0001_one", "select 1"), Migration("0002_two", "select 2")


def test_migrations_run_in_order_and_once() -> None:
    assert pending([TWO, ONE], {}) == [ONE, TWO]
    assert pending([TWO, ONE], {ONE.name: ONE.sha256}) == [TWO]
    assert pending([TWO, ONE], {ONE.name: ONE.sha256, TWO.name: TWO.sha256}) == []


def test_an_applied_migration_must_not_change() -> None:
    with pytest.raises(ChangedMigrationError, match="0001_one"):
        pending([Migration(ONE.name, "select 3")], {ONE.name: ONE.sha256})


def test_each_service_may_write_the_next_stream_and_listen_to_nobody_else() -> None:
    rights = nats_permissions()
    answers = {"detect": ("examine.photo", "look.photo", "$SRV.>"), "classify": ("estimate.faces", "$SRV.>")}
    assert "photos.>" in rights["ingest"].publish
    assert "faces.>" in rights["detect"].publish
    assert "results.>" in rights["classify"].publish
    for user, permissions in rights.items():
        if user != "admin":
            assert permissions.subscribe == (f"_INBOX_{user}.>", *answers.get(user, ()))
            assert ">" not in permissions.publish
            assert not any(subject.startswith("$JS.API.STREAM.DELETE") for subject in permissions.publish)
