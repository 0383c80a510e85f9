"""Settings of classify, read from FACETALLY_CLASSIFY_*."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, ServiceSettings, settings_config


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
