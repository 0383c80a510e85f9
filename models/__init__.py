"""The models: architectures, preprocessing, the registry of weights, and `predict`, which is all that services see."""
