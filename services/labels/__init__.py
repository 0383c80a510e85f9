"""`facetally sample`, `labels` and `datasets`: faces of stored photos are drawn, labelled by people, and put together for training.

A command: it reads photos and results, keeps chips and labels in Postgres and data sets in the store, and changes nothing else.
"""
