"""What detect touches of the world."""
