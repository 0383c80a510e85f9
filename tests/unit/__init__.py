"""unit of facetally."""
