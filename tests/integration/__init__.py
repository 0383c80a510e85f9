"""integration of facetally."""
