"""SeaweedFS with the users that standalone gives it, the photos' bucket, that of models and that of data sets."""

from pathlib import Path

from services.common.errors import TransientError
from services.common.settings import DatasetStoreSettings, ModelStoreSettings, S3Settings
from services.provision.adapters.s3_bucket import S3Bucket
from services.provision.domain.store_rights import S3_ACTIONS
from services.standalone.adapters.seaweedfs import seaweedfs
from services.standalone.domain import WEED_PARTS, Program
from tests.servers.running import RunningProgram, environment, free_ports


class S3Server:
    """A running SeaweedFS."""

    def __init__(self, folder: Path) -> None:
        self.port, *rest = free_ports(1 + len(WEED_PARTS))
        keys = {user: f"secret-key-of-{user}" for user in S3_ACTIONS}
        self.ports = dict(zip(WEED_PARTS, rest, strict=True))
        self.program: Program = seaweedfs(folder, self.port, self.ports, keys, environment())
        self.running = RunningProgram(self.program, folder / "weed.log")

    def settings(self, user: str) -> S3Settings:
        """Connection of one user."""
        return S3Settings.model_validate(
            {"url": f"http://127.0.0.1:{self.port}", "access_key": user, "secret_key": f"secret-key-of-{user}"}
        )

    def models(self, user: str) -> ModelStoreSettings:
        """Connection of one user to the bucket of models."""
        return ModelStoreSettings.model_validate(
            self.settings(user).model_dump(include={"url", "access_key", "secret_key"})
        )

    def datasets(self, user: str) -> DatasetStoreSettings:
        """Connection of one user to the bucket of data sets."""
        return DatasetStoreSettings.model_validate(
            self.settings(user).model_dump(include={"url", "access_key", "secret_key"})
        )

    def past_s3(self, user: str) -> S3Settings:
        """The same, for one who writes past the S3 gateway."""
        return self.settings(user).model_copy(update={"seaweedfs_filer": f"127.0.0.1:{self.ports['filer.grpc']}"})

    async def provision(self) -> None:
        """Make the buckets; the server answers a moment before it can."""
        settings = self.settings("admin")
        secret = settings.secret_key.get_secret_value()
        access = settings.url, settings.access_key, secret, settings.region
        names = (settings.bucket, self.models("admin").bucket, self.datasets("admin").bucket)
        buckets = [S3Bucket(*access, name) for name in names]
        for attempt in range(50):
            try:
                for bucket in buckets:
                    await bucket.ensure()
            except TransientError:
                if attempt == 49:
                    raise
            else:
                return
