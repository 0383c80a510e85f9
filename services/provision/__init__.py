"""Prepares the servers: streams and consumers in NATS, the bucket in S3, roles and schema in Postgres. A job, run to its end.

It alone holds the administrators' credentials. Running it again changes nothing that is right already.
"""
