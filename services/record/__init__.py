"""Keeps every result once, and adds it to the tallies in the same transaction. Owns the database's schema.

Consumes FacesClassified and PhotoRejected from the stream RESULTS.
Produces rows and hourly tallies in Postgres.
"""
