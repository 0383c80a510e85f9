"""What demo touches of the world."""
