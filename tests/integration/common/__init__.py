"""Integration tests of what services share."""
