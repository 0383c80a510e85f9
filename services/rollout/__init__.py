"""`facetally models`: releases of models in the store, and which of them is in service.

Writes the key-value bucket MODELS, which classify follows. A command: it runs where somebody decides, and holds the key to sign with.
"""
