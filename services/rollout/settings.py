"""Settings of rollout, read from FACETALLY_ROLLOUT_*."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from services.common.model_choice import are_public_keys
from services.common.settings import ModelStoreSettings, NatsSettings, settings_config

MODELS_FILE: Final = "models.env"


class RolloutSettings(BaseSettings):
    """What `facetally models` needs. Where none of these is set, they are read from models.env in the state folder of one machine."""

    model_config = settings_config("rollout")

    nats: NatsSettings = Field(description="Connection to NATS, as the user `models`")
    s3: ModelStoreSettings = Field(description="Connection to the store of models, as one who may write there")
    trusted_keys: Annotated[dict[str, str], AfterValidator(are_public_keys)] = Field(
        description="Who may promote, and the public key of each, as classify has it"
    )
    key_file: Path | None = Field(
        default=None,
        description="File with the key to sign with, as `facetally models key` writes it; `--key` is another one",
    )
    promoter: str | None = Field(default=None, description="Whose key that is; `--by` is somebody else")
    held_out: Path | None = Field(
        default=None,
        description="Folder of a data set whose labelled faces say whether a release may be promoted; `--held-out` is another one",
    )
