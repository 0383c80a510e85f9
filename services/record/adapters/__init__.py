"""What record touches of the world."""
