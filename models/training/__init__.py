"""Nets trained on faces of one's own: they learn from labels, and from what the nets in service say of the same faces."""
