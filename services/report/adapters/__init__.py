"""What report touches of the world."""
