"""Argon2 itself, with small parameters."""

import argon2
import pytest

from services.report.adapters.argon2_passwords import Argon2Passwords

SMALL = argon2.Parameters(argon2.Type.ID, 19, 16, 32, time_cost=1, memory_cost=64, parallelism=1)
LARGER = argon2.Parameters(argon2.Type.ID, 19, 16, 32, time_cost=2, memory_cost=64, parallelism=1)


async def test_only_the_password_is_right() -> None:
    passwords = Argon2Passwords(SMALL)
    kept = await passwords.hash("correct horse battery")
    assert kept != await passwords.hash("correct horse battery"), "salted"
    assert (await passwords.verify(kept, "correct horse battery")).right
    assert not (await passwords.verify(kept, "correct horse batterY")).right
    assert not (await passwords.verify("no hash at all", "x")).right
    assert not (await passwords.verify(None, "")).right


async def test_other_parameters_are_noticed() -> None:
    kept = await Argon2Passwords(SMALL).hash("correct horse battery")
    assert not (await Argon2Passwords(SMALL).verify(kept, "correct horse battery")).outdated
    assert (await Argon2Passwords(LARGER).verify(kept, "correct horse battery")).outdated


async def test_nobodys_password_is_checked_with_the_same_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Argon2Passwords(SMALL)
    checked: list[str] = []
    real = argon2.PasswordHasher.verify

    def verify(self: argon2.PasswordHasher, kept: str, password: str) -> bool:
        checked.append(kept)
        return real(self, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    somebodys = await passwords.hash("correct horse battery")
    await passwords.verify(somebodys, "wrong")
    await passwords.verify(None, "wrong")
    assert len(checked) == 2
    assert argon2.extract_parameters(checked[0]) == argon2.extract_parameters(checked[1])


async def test_the_parameters_are_those_of_the_rfc() -> None:
    assert (
        argon2.extract_parameters(await Argon2Passwords().hash("correct horse battery"))
        == argon2.profiles.RFC_9106_LOW_MEMORY
    )
