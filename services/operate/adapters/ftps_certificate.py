"""The certificate that cameras are shown after AUTH TLS, without logging in."""

import asyncio
import re
import ssl
from contextlib import suppress
from datetime import datetime
from typing import Final

from cryptography import x509

from services.operate.domain.findings import NotWorkingError

_ANSWER_S: Final = 5.0
_LAST_LINE: Final = re.compile(rb"\d{3} ")


async def certificate_validity(address: str) -> tuple[datetime, datetime]:
    """From when on and until when the certificate is valid, UTC.

    Args:
        address: host:port of FTP.

    Raises:
        NotWorkingError: nobody answers there, or not with TLS.
    """
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                return await _ask(reader, writer)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        raise NotWorkingError(
            f"FTP at {address} does not show a certificate: {type(error).__name__}.",
            "See that ingest runs; its address is in FACETALLY_OPERATE_FTPS_ADDRESS.",
        ) from error


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[datetime, datetime]:
    await _reply(reader)
    writer.write(b"AUTH TLS\r\n")
    reply = await _reply(reader)
    if not reply.startswith(b"234"):
        raise ValueError("AUTH TLS was refused")
    # Whether it is valid is the question, not a condition.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    await writer.start_tls(context)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    certificate = x509.load_der_x509_certificate(shown)
    with suppress(OSError):
        writer.write(b"QUIT\r\n")
        await writer.drain()
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while not _LAST_LINE.match(line := await reader.readuntil(b"\n")):
        pass
    return line
