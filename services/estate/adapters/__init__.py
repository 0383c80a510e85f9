"""What estate touches of the world."""
