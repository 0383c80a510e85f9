"""What classify touches of the world."""
