"""Estimates age, gender and emotion of every face, in batches across photos, with PyTorch.

Consumes FacesDetected from the stream FACES.
Produces FacesClassified on the stream RESULTS, without any pixel.
"""
