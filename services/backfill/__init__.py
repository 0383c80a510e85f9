"""`facetally backfill`: estimates of faces that were recorded already, made again by other models, or left out of all tallies.

Reads photos and releases from the store, changes results and the tallies of shops' hours; record adds those up. A command: it runs where
somebody decides, gives way to the photos that come in, and goes on where it was ended.
"""
