"""The rules of plan: figures, arrivals, what a load needs, and what its limits are."""
