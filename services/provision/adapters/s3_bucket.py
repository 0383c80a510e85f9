"""The photos' bucket, through the minio SDK: any S3-compatible store."""

import asyncio
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from services.common.errors import TransientError

_TIMEOUT_S = 10.0


class S3Bucket:
    """One bucket, as the store's administrator."""

    def __init__(self, url: str, access_key: str, secret_key: str, region: str, bucket: str) -> None:
        parts = urlsplit(url)
        self._bucket = bucket
        self._client = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False),
        )

    async def ensure(self) -> bool:
        """Make the bucket; whether it was new."""
        try:
            return await asyncio.to_thread(self._ensure)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise TransientError(f"the photo store is away: {error}") from error

    def _ensure(self) -> bool:
        if self._client.bucket_exists(self._bucket):
            return False
        self._client.make_bucket(self._bucket)
        return True
