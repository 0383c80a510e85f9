"""A day of an estate, simulated."""
