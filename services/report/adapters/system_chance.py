"""Secrets from the system's source of randomness."""

import secrets

# No letters that look alike, none that keyboards move about.
_LETTERS = "abcdefghjkmnpqrstuvwx23456789"
_GROUPS = 5


class SystemChance:
    """Unpredictable."""

    def token(self) -> str:
        """256 bits, in letters that fit a cookie."""
        return secrets.token_urlsafe(32)

    def password(self) -> str:
        """Five groups of four letters: 97 bits, and still to be read out on the phone."""
        return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
