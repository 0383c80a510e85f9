"""Reckons what an estate needs and what that costs a month, beside the cloud's face API. Reads nothing, asks nobody."""
