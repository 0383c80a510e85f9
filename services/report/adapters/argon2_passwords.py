"""Passwords hashed with Argon2id."""

import asyncio

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from services.report.domain.signing_in import Verdict

# Each takes 64 MiB and some 50 ms of a core or more: others wait for their turn.
_AT_ONCE = 2


class Argon2Passwords:
    """Argon2id with the parameters that RFC 9106 recommends where memory is scarce."""

    def __init__(self, parameters: argon2.Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = argon2.PasswordHasher.from_parameters(parameters)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """A new salted hash."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        """Check a password. None: nobody's; takes as long as somebody's, and is never right."""
        if password_hash is None:
            if self._nobodys is None:
                self._nobodys = await self.hash("")
            await self._verify(self._nobodys, password)
            return Verdict(right=False)
        if not await self._verify(password_hash, password):
            return Verdict(right=False)
        return Verdict(right=True, outdated=self._hasher.check_needs_rehash(password_hash))

    async def _verify(self, password_hash: str, password: str) -> bool:
        async with self._turns:
            try:
                return await asyncio.to_thread(self._hasher.verify, password_hash, password)
            except (VerificationError, InvalidHashError):
                return False
