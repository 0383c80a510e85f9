"""Headquarters and two cells on this machine, and what becomes of photos while one of the cells is cut off."""
