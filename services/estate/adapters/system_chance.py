"""The operating system's randomness."""

import secrets


class SystemChance:
    """Random things that nobody can guess."""

    def salt(self) -> bytes:
        """16 random bytes."""
        return secrets.token_bytes(16)

    def secret(self) -> str:
        """128 random bits, 22 letters, digits, hyphens and underscores."""
        return secrets.token_urlsafe(16)
