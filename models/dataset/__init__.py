"""Labelled faces: what is written of each, and how a data set is read and written. What labels them and what learns from them share it."""
