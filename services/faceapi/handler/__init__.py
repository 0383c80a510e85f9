"""Who may ask, and what is asked on their behalf."""
