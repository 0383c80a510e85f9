"""What ingest touches of the world."""
