"""What standalone touches of the world."""
