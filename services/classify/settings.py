"""Settings of classify, read from FACETALLY_CLASSIFY_*."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from services.common.model_choice import are_public_keys
from services.common.settings import ModelStoreSettings, NatsSettings, ServiceSettings, settings_config


class RolloutSettings(ModelStoreSettings):
    """Where releases of models come from, and who may put one into service."""

    trusted_keys: Annotated[dict[str, str], AfterValidator(are_public_keys)] = Field(
        description='Who may promote, and the public key of each, as JSON: {"alice": "..."}; `facetally models key` prints it'
    )
    cache_dir: Path = Field(description="Folder that keeps the five releases that were used last; it is made")
    try_again_s: float = Field(
        default=60.0, gt=0, description="After how long a release that could not be put into service is tried again"
    )


class ClassifierSettings(BaseSettings):
    """All but what every service has."""

    model_config = settings_config("classify")

    nats: NatsSettings = Field(description="Connection to NATS")
    weights_dir: Path | None = Field(
        default=None, description="Folder of converted and exported weights; by default models/weights beside the code"
    )
    crops: Literal["fast", "balanced", "thorough"] = Field(
        default="balanced", description="Looks that each face gets: docs/accuracy.md has what they gain and cost"
    )
    rollout: RolloutSettings | None = Field(
        default=None,
        description="Set these, and the models that somebody promotes go into service without a restart (docs/models.md); "
        "otherwise those that come with the code stay",
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where the models run")
    threads: int = Field(default=1, ge=1, description="CPU threads of one worker; scale by replicas instead")
    max_batch_faces: int = Field(default=32, ge=1, description="Most faces in one pass of the models")
    max_batch_delay_ms: float = Field(
        default=50.0, ge=0, description="How long the first face of a batch waits for others"
    )
    messages_in_flight: int = Field(default=32, ge=1, description="Photos whose faces may wait for a batch at once")


class ClassifySettings(ClassifierSettings, ServiceSettings):
    """Which models run, where, and in what batches."""

    model_config = settings_config("classify")
