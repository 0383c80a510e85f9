"""Passwords that are quick to check, and say how often they were; secrets that can be foretold."""

from dataclasses import dataclass

from services.report.domain.signing_in import Verdict


@dataclass
class FakePasswords:
    """A hash is the password behind a version."""

    version: int = 1
    checked: int = 0
    hashed: int = 0

    async def hash(self, password: str) -> str:
        """As Argon2Passwords.hash."""
        self.hashed += 1
        return f"{self.version}:{password}"

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        """As Argon2Passwords.verify."""
        self.checked += 1
        if password_hash is None:
            return Verdict(right=False)
        version, _, kept = password_hash.partition(":")
        return Verdict(right=kept == password, outdated=kept == password and int(version) != self.version)


@dataclass
class FakeChance:
    """Counts."""

    number: int = 0

    def token(self) -> str:
        """As SystemChance.token."""
        self.number += 1
        return f"token-{self.number}"

    def password(self) -> str:
        """As SystemChance.password."""
        self.number += 1
        return f"generated-password-{self.number}"
