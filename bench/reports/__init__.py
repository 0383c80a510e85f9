"""What the reports cost on a seeded year: every query, every page in a browser, and fifty managers at once."""
