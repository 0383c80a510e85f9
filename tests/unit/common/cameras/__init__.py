"""Names, EXIF, JPEG structure and opening hours."""
