"""Unit tests of bench.chaos."""
