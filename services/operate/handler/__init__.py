"""Look at everything at once, sample the backlog, and work through dead letters."""
