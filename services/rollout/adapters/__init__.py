"""What rollout touches of the world."""
