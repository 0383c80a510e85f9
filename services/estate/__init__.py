"""The registry of regions, cities, shops and cameras: a CSV file into Postgres, and the logins on to the cells.

Consumes estate.csv.
Produces rows in Postgres, and CameraLogin in the key-value bucket CAMERAS, which ingest watches.
"""
