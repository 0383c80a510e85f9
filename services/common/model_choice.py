"""Which releases of models are in service and tried out, who says so, and whether they may: a choice is signed with Ed25519.

Whoever can write into the bucket MODELS cannot put a model into service by that: services follow no choice but one signed with a
key that their own settings trust.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from blake3 import blake3
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from facetally.v1 import model_choice_pb2
from google.protobuf.message import DecodeError

# The key in the bucket MODELS that classify follows.
CLASSIFY_KEY: Final = "classify"
# A signature is good for this purpose alone.
_PURPOSE: Final = "facetally model choice 1"
_HASH_BYTES: Final = 8


class ChoiceError(Exception):
    """It is no choice, or no key. The message is a clause."""


@dataclass(frozen=True, slots=True)
class ReleaseId:
    """A release, down to its last byte.

    Args:
        name: of the release.
        sha256: digest of its release.toml; empty for the weights that come with the code.
    """

    name: str
    sha256: bytes


# What serves where nobody has promoted anything.
BUILT_IN: Final = ReleaseId("built-in", b"")


class Role(StrEnum):
    """What a release is there for."""

    IN_SERVICE = "in_service"
    CANARY = "canary"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Trial:
    """A release that is tried out on a share of what there is.

    Args:
        release: which one.
        share: above 0, and 1 at most.
    """

    release: ReleaseId
    share: float

    def takes(self, what: str) -> bool:
        """Whether a camera or photo, by its id, belongs to the share: always the same ones, and with a larger share only more of them."""
        number = int.from_bytes(blake3(what.encode()).digest(_HASH_BYTES))
        return number < self.share * 256**_HASH_BYTES

    def said(self) -> list[str | float]:
        """What is signed of it."""
        return [self.release.name, self.release.sha256.hex(), float(self.share)]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What is to be in service, and what is to be tried out beside it.

    Args:
        release: which one.
        promoted_by: whose signature it is.
        promoted_at: UTC.
        reason: why, in words; empty where nothing had to be overruled.
        before: what was in service until then.
        signature: over all else; empty before it is signed.
        canary: estimates the photos of a share of the cameras.
        shadow: estimates a share of the photos once more, for nobody but who compares.
    """

    release: ReleaseId
    promoted_by: str
    promoted_at: datetime
    reason: str
    before: ReleaseId
    signature: bytes = b""
    canary: Trial | None = None
    shadow: Trial | None = None

    @classmethod
    def from_bytes(cls, message: bytes) -> Self:
        """The choice that a ModelChoice tells of.

        Raises:
            ChoiceError: it tells of none.
        """
        try:
            told = model_choice_pb2.ModelChoice.FromString(message)
            promoted_at = told.promoted_at.ToDatetime(UTC)
        except (DecodeError, ValueError) as error:
            raise ChoiceError("the message is damaged") from error
        if not told.release.name or not told.before.name:
            raise ChoiceError("the message names no release")
        release, before = (_release(of) for of in (told.release, told.before))
        canary = _trial(told.canary) if told.HasField("canary") else None
        shadow = _trial(told.shadow) if told.HasField("shadow") else None
        return cls(release, told.promoted_by, promoted_at, told.reason, before, told.signature, canary, shadow)

    def trial(self, role: Role) -> Trial | None:
        """The release of a role, and how much is its; what is in service is for all."""
        match role:
            case Role.IN_SERVICE:
                return Trial(self.release, 1.0)
            case Role.CANARY:
                return self.canary
            case Role.SHADOW:
                return self.shadow

    def to_bytes(self) -> bytes:
        """The choice as a ModelChoice."""
        return model_choice_pb2.ModelChoice(
            release=_told(self.release),
            promoted_by=self.promoted_by,
            promoted_at=self.promoted_at,
            reason=self.reason,
            before=_told(self.before),
            signature=self.signature,
            canary=_told_trial(self.canary),
            shadow=_told_trial(self.shadow),
        ).SerializeToString()

    def signed(self, key: Ed25519PrivateKey) -> Self:
        """The same, signed."""
        return replace(self, signature=key.sign(self._signed_bytes()))

    def is_signed_with(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is that key's, over exactly this."""
        try:
            key.verify(self.signature, self._signed_bytes())
        except InvalidSignature:
            return False
        return True

    def check_trust(self, trusted: Mapping[str, Ed25519PublicKey]) -> None:
        """See that whoever it says has signed it, and may.

        Args:
            trusted: public keys, by who signs with them.

        Raises:
            ChoiceError: somebody else has, or nobody.
        """
        key = trusted.get(self.promoted_by)
        if key is None:
            raise ChoiceError(f"{self.promoted_by or 'nobody'} is not among those whose keys are trusted")
        if not self.is_signed_with(key):
            raise ChoiceError(f"the signature is not that of {self.promoted_by}")

    def _signed_bytes(self) -> bytes:
        # Not the message: Protobuf may write the same thing in several ways.
        said: list[object] = [
            _PURPOSE,
            *(text for of in (self.release, self.before) for text in (of.name, of.sha256.hex())),
            self.promoted_by,
            self.promoted_at.astimezone(UTC).isoformat(),
            self.reason,
        ]
        # A choice without trials is signed as it was before there were any.
        for role, trial in (("canary", self.canary), ("shadow", self.shadow)):
            if trial is not None:
                said += [role, trial.said()]
        return json.dumps(said).encode()


# A choice that cannot be read is one that nobody has signed: nobody follows it, and everybody may say so.
UNREADABLE: Final = ModelChoice(ReleaseId("unreadable", b""), "", datetime(1970, 1, 1, tzinfo=UTC), "", BUILT_IN)


def _release(told: model_choice_pb2.ModelRelease) -> ReleaseId:
    return ReleaseId(told.name, told.sha256)


def _trial(told: model_choice_pb2.ModelTrial) -> Trial:
    if not told.release.name or not 0 < told.share <= 1:  # nor is NaN
        raise ChoiceError("the message names a trial of no release, or of no share")
    return Trial(_release(told.release), told.share)


def _told(release: ReleaseId) -> model_choice_pb2.ModelRelease:
    return model_choice_pb2.ModelRelease(name=release.name, sha256=release.sha256)


def _told_trial(trial: Trial | None) -> model_choice_pb2.ModelTrial | None:
    return None if trial is None else model_choice_pb2.ModelTrial(release=_told(trial.release), share=trial.share)


def new_private_key() -> bytes:
    """A new key to sign with, PEM (PKCS 8), not encrypted."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_key_of(pem: bytes) -> Ed25519PrivateKey:
    """The key that a file holds.

    Raises:
        ChoiceError: it holds none, or one of another kind.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ChoiceError("the file holds no private key without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ChoiceError("the file's key is none of Ed25519")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """What others need to know a signature by, as settings have it: base64 of 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def are_public_keys(texts: dict[str, str]) -> dict[str, str]:
    """The same, for settings.

    Raises:
        ValueError: one is none.
    """
    try:
        public_keys_of(texts)
    except ChoiceError as error:
        raise ValueError(str(error)) from error
    return texts


def public_keys_of(texts: Mapping[str, str]) -> dict[str, Ed25519PublicKey]:
    """Who may choose, and their keys, by what settings say.

    Raises:
        ChoiceError: one is no key.
    """
    return {name: public_key_of(text) for name, text in texts.items()}


def public_key_of(text: str) -> Ed25519PublicKey:
    """The key that `public_text` has written.

    Raises:
        ChoiceError: it is none.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise ChoiceError("a public key is the base64 of 32 bytes, as `facetally models key` prints it") from error
