"""A choice is what was signed, by whom it says, down to the last letter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.common.model_choice import (
    BUILT_IN,
    ChoiceError,
    ModelChoice,
    ReleaseId,
    are_public_keys,
    new_private_key,
    private_key_of,
    public_keys_of,
    public_text,
)

KEY = private_key_of(new_private_key())
TRUSTED = public_keys_of({"alice": public_text(KEY), "bob": public_text(private_key_of(new_private_key()))})
CHOICE = ModelChoice(
    ReleaseId("autumn", b"\1" * 32), "alice", datetime(2026, 11, 1, 9, 30, 5, 123456, UTC), "better", BUILT_IN
).signed(KEY)


def test_a_choice_is_the_same_after_it_was_a_message_and_its_signature_holds() -> None:
    read = ModelChoice.from_bytes(CHOICE.to_bytes())
    assert read == CHOICE
    read.check_trust(TRUSTED)


@pytest.mark.parametrize(
    "changed",
    [
        {"release": ReleaseId("autumm", b"\1" * 32)},
        {"release": ReleaseId("autumn", b"\2" * 32)},
        {"release": BUILT_IN},
        {"before": ReleaseId("spring", b"\1" * 32)},
        {"promoted_by": "bob"},
        {"promoted_at": CHOICE.promoted_at + timedelta(microseconds=1)},
        {"reason": "worse"},
        {"signature": b""},
        {"signature": CHOICE.signature[:-1] + bytes([CHOICE.signature[-1] ^ 1])},
    ],
    ids=["name", "digest", "built-in", "before", "who", "when", "why", "no signature", "one bit of the signature"],
)
def test_whatever_is_changed_is_seen(changed: dict[str, object]) -> None:
    with pytest.raises(ChoiceError, match="signature"):
        replace(CHOICE, **changed).check_trust(TRUSTED)  # type: ignore[arg-type]


def test_a_key_that_is_not_trusted_is_nobodys() -> None:
    with pytest.raises(ChoiceError, match="alice is not among"):
        CHOICE.check_trust({"bob": TRUSTED["alice"]})
    with pytest.raises(ChoiceError, match="nobody is not among"):
        replace(CHOICE, promoted_by="").check_trust(TRUSTED)


@pytest.mark.parametrize("message", [b"", b"\xff", CHOICE.to_bytes()[:20]])
def test_what_is_no_choice_is_refused(message: bytes) -> None:
    with pytest.raises(ChoiceError):
        ModelChoice.from_bytes(message)


@pytest.mark.parametrize(
    "text", ["", "none", "AAAA", public_text(KEY)[:-4], "é"], ids=["empty", "word", "short", "cut", "accent"]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64 of 32 bytes"):
        are_public_keys({"alice": text})


def test_only_a_private_key_of_the_kind_signs() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem, says in ((other, "none of Ed25519"), (b"no key", "no private key")):
        with pytest.raises(ChoiceError, match=says):
            private_key_of(pem)
