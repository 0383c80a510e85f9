"""browser of facetally."""
