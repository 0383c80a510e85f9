"""models of facetally."""
