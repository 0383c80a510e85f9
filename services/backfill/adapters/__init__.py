"""What backfill touches of the world."""
