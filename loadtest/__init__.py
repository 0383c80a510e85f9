"""Load tests: what a thousand shops send, and whether facetally keeps up with it."""
