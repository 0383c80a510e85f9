"""How good the estimates are, measured on labelled faces that are not part of the project: `make eval`."""
