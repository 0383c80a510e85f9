"""Who may do what in the photo store. Data only."""

# Actions as SeaweedFS names them; an S3 policy for another store says the same.
S3_ACTIONS: dict[str, tuple[str, ...]] = {
    "admin": ("Admin", "Read", "Write", "List", "Tagging"),
    "ingest": ("Write:photos",),
    "detect": ("Read:photos",),
    # Releases of models: whoever adds them can neither see a photo nor take one away.
    "models": ("Read:models", "Write:models", "List:models"),
    "classify": ("Read:models",),
    # It takes faces out of photos, and keeps data sets of them.
    "labels": ("Read:photos", "Read:datasets", "Write:datasets", "List:datasets"),
    # It looks at photos again, with whichever release.
    "backfill": ("Read:photos", "Read:models"),
    # It sees that photos are there, and none of them.
    "operator": ("List:photos",),
}
