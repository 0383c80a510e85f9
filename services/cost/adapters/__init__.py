"""What cost prints."""
