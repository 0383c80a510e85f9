"""The photo store as an operator sees it: whether it answers, knows us, and has the bucket."""

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3

from services.common.settings import S3Settings
from services.operate.domain.findings import NotWorkingError

_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=8.0, connect=4.0)
_REFUSED: Final = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}


async def look_at_bucket(settings: S3Settings) -> None:
    """List one photo, as the only thing that the operator's key may do; return where that works.

    Over aiohttp and not the SDK, whose threads cannot be left behind when the store hangs.

    Raises:
        NotWorkingError: the store is away, refuses us, or has no such bucket.
    """
    base = urlsplit(settings.url)
    url = urlsplit(f"{base.scheme}://{base.netloc}/{settings.bucket}?list-type=2&max-keys=1")
    now = datetime.now(UTC)
    signed = sign_v4_s3(
        method="GET",
        url=url,
        region=settings.region,
        headers={"Host": url.netloc, "x-amz-content-sha256": _UNSIGNED, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")},
        credentials=Credentials(settings.access_key, settings.secret_key.get_secret_value()),
        content_sha256=_UNSIGNED,
        date=now,
    )
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(url.geturl(), headers={name: str(value) for name, value in signed.items()}) as response,
        ):
            status, answer = response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotWorkingError(
            f"The photo store at {settings.url} is away: {type(error).__name__}.",
            "Start it (on one machine `make up`), or mend FACETALLY_OPERATE_S3__URL.",
        ) from error
    if status == 200:
        return
    code = found[1] if (found := re.search(r"<Code>(\w+)</Code>", answer)) else "no reason"
    if code == "NoSuchBucket":
        raise NotWorkingError(
            f"The photo store answers, but has no bucket {settings.bucket}.",
            "Run `python -m services.provision`; on one machine, stop and start `make up`.",
        )
    if code in _REFUSED:
        raise NotWorkingError(
            f"The photo store refuses the access key {settings.access_key}: {code}.",
            "See FACETALLY_OPERATE_S3__ACCESS_KEY and __SECRET_KEY; the key must be allowed to list the bucket.",
        )
    raise NotWorkingError(f"The photo store answers {status}: {code}.", "See its log.")
