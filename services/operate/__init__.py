"""What an operator asks of a running facetally: is everything in order, how far behind is it, what died, and try that again.

Consumes the state of NATS, the photo store, Postgres, the services' /readyz, and the stream DEAD.
Produces words for people, JSON for machines, and dead letters on the streams that they died on.
"""
