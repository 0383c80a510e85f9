"""architecture of facetally."""
