"""One machine, one command: NATS, SeaweedFS, Postgres and every service as one process tree on loopback.

Consumes a state folder, which it makes, secrets included.
Produces a running facetally, without leaving a process behind.
"""
