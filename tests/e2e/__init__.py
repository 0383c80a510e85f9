"""e2e of facetally."""
