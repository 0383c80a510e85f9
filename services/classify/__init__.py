"""Estimates age, gender and emotion of every face, in batches across photos, with PyTorch.

Consumes FacesDetected from the stream FACES.
Produces FacesClassified on the stream RESULTS, without any pixel.
Answers EstimateRequest on the subject estimate.faces with FacesEstimated: what somebody asks of faces, landmarks too, and no more.
"""
