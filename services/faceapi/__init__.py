"""The door for other programs: an HTTP service that answers what is to be seen in a photo, in the words of Azure Face's `detect`.

Consumes photos over HTTP, and ApiKey in the key-value bucket API_KEYS.
Produces questions to detect and classify over NATS, and JSON. Nothing is kept.
"""
