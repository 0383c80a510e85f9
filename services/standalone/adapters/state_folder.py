"""The state folder: one owner at a time, secrets that only this user can read, a certificate for FTPS."""

import fcntl
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.common.model_choice import new_private_key

_CERTIFICATE_DAYS = 3650


class StateInUseError(Exception):
    """Another standalone runs on the same state folder."""


class StateFolder:
    """What standalone keeps between runs."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Make the folder, and take it.

        Raises:
            StateInUseError: another process has it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise StateInUseError(
                f"another facetally runs on the state folder {self.path}: stop it, or set "
                "FACETALLY_STANDALONE_STATE_DIR to another folder"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)

    def secrets(self, names: list[str]) -> dict[str, str]:
        """A random secret of 192 bits for each name, made once and kept."""
        path = self.path / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        new = {name: secrets.token_urlsafe(24) for name in names if name not in kept}
        if new:
            kept |= new
            self.keep_private(path.name, json.dumps(kept, indent=2).encode())
        return kept

    def keep_private(self, name: str, content: bytes) -> None:
        """Write a file that only this user can read; who reads it meanwhile sees the old one."""
        path = self.path / name
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.replace(path)

    def certificate(self) -> Path:
        """A PEM file with a self-signed P-256 certificate and its key, made once."""
        path = self.path / "ftps.pem"
        if not path.exists():
            self.keep_private(path.name, _self_signed(datetime.now(UTC)))
        return path

    def promoter_key(self) -> Path:
        """A PEM file with the key that this machine's models are promoted with, made once."""
        path = self.path / "promoter.pem"
        if not path.exists():
            self.keep_private(path.name, new_private_key())
        return path


def _self_signed(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "facetally standalone")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
