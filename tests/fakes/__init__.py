"""fakes of facetally."""
