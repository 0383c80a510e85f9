"""Classify photos' faces and answer who asks, with the models that were chosen; try others out beside them."""

from services.classify.handler.estimating import ClassifyFaces, EstimateFaces, FaceClassifier
from services.classify.handler.following import AS_CHOSEN, FollowChoice
from services.classify.handler.shadowing import EstimateInShadow

__all__ = ["AS_CHOSEN", "ClassifyFaces", "EstimateFaces", "EstimateInShadow", "FaceClassifier", "FollowChoice"]
