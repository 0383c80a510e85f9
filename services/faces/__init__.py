"""detect and classify in one process, for machines that run both: faces need not go through NATS, pixels and all.

Consumes PhotoStored from the stream PHOTOS, and whatever is left in the stream FACES.
Produces FacesClassified on the stream RESULTS.
Answers what detect and classify are asked.
"""
