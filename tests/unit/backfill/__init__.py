"""Rules of backfill."""
