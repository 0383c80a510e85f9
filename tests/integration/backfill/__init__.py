"""`facetally backfill` on real servers, with real faces and a real release."""
