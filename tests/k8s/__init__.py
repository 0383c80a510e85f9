"""Manifests and code say the same."""
