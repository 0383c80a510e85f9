"""The nets, as PyTorch modules: weights are not their business."""
