"""What shop cameras send, as far as it can be told without a network: names, EXIF, JPEG structure, opening hours. Pure."""
