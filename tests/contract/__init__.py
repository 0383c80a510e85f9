"""contract of facetally."""
