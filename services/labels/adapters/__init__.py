"""What labels touches of the world."""
