"""Classify photos' faces and answer who asks, with the models that were chosen."""

from services.classify.handler.estimating import ClassifyFaces, EstimateFaces, FaceClassifier
from services.classify.handler.following import AS_CHOSEN, FollowChoice

__all__ = ["AS_CHOSEN", "ClassifyFaces", "EstimateFaces", "FaceClassifier", "FollowChoice"]
