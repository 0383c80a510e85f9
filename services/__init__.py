"""facetally's services: one folder each, the same inside. See ARCHITECTURE.md for the way a photo takes through them."""
