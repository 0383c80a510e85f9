"""Plans machines for an estate in cells and at HQ from measured figures, and simulates its days. Reads nothing, asks nobody."""
