"""Tests of detect."""
