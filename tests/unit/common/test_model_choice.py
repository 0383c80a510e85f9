"""A choice is what was signed, by whom it says, down to the last letter."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from facetally.v1 import model_choice_pb2

from services.common.model_choice import (
    BUILT_IN,
    ChoiceError,
    ModelChoice,
    ReleaseId,
    Trial,
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


TRIED = replace(CHOICE, canary=Trial(BUILT_IN, 0.1), shadow=Trial(ReleaseId("winter", b"\3" * 32), 1)).signed(KEY)


@pytest.mark.parametrize("choice", [CHOICE, TRIED], ids=["plain", "with trials"])
def test_a_choice_is_the_same_after_it_was_a_message_and_its_signature_holds(choice: ModelChoice) -> None:
    read = ModelChoice.from_bytes(choice.to_bytes())
    assert read == choice
    read.check_trust(TRUSTED)


def test_what_was_signed_before_there_were_trials_stays_signed() -> None:
    """A key and a choice as they were made then."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    then = base64.b64decode("h2bOCMbalMoMEZAs33ujrR/ahxpTIq75fr4cVJueZYhFumYS5QZYRu7K0+sTJ3j5KWDQNinXmFnKmVqyWbFhCA==")
    at = datetime(2026, 11, 1, 9, 30, 5, 123456, UTC)
    choice = ModelChoice(ReleaseId("autumn", b"\1" * 32), "alice", at, "better", BUILT_IN, then)
    assert choice.is_signed_with(key.public_key())


@pytest.mark.parametrize(
    "changed",
    [
        {"canary": None},
        {"shadow": None},
        {"canary": TRIED.shadow, "shadow": TRIED.canary},
        {"canary": Trial(BUILT_IN, 0.11)},
        {"canary": Trial(ReleaseId("built-in", b"\1"), 0.1)},
    ],
    ids=["no canary", "no shadow", "swapped", "share", "digest"],
)
def test_what_is_tried_out_is_signed_as_well(changed: dict[str, object]) -> None:
    with pytest.raises(ChoiceError, match="signature"):
        replace(TRIED, **changed).check_trust(TRUSTED)  # type: ignore[arg-type]
    with pytest.raises(ChoiceError, match="signature"):
        replace(CHOICE, canary=TRIED.canary).check_trust(TRUSTED)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan"), float("inf")])
def test_a_share_of_nothing_or_of_more_than_all_is_no_choice(share: float) -> None:
    message = model_choice_pb2.ModelChoice.FromString(TRIED.to_bytes())
    message.canary.share = share
    with pytest.raises(ChoiceError, match="no share"):
        ModelChoice.from_bytes(message.SerializeToString())


def test_shares_are_even_and_a_larger_one_has_all_of_a_smaller_one() -> None:
    names = [f"shop-{number}-exit" for number in range(20_000)]
    taken = {
        share: {name for name in names if Trial(BUILT_IN, share).takes(name)} for share in (0.01, 0.05, 0.1, 0.5, 1)
    }
    for share, those in taken.items():
        assert len(those) / len(names) == pytest.approx(share, abs=3 * (share * (1 - share) / len(names)) ** 0.5 + 1e-9)
    assert taken[0.01] < taken[0.05] < taken[0.1] < taken[0.5] < taken[1]
    assert Trial(BUILT_IN, 0.05).takes("shop-1-exit") is ("shop-1-exit" in taken[0.05]), "every time the same"


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
