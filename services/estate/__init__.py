"""The registry of regions, cities, shops and cameras: a CSV file into Postgres, and what ingest needs of it to the cells.

Consumes estate.csv.
Produces rows in Postgres, and Shop in the key-value bucket SHOPS, which ingest watches.
"""
