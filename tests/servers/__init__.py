"""The real servers that tests run against, started from the same descriptions that standalone uses."""
