"""The reports: pages for managers, and the same numbers as JSON.

Consumes the tallies in Postgres, with a role that can only read.
Produces HTML and JSON over HTTP.
"""
