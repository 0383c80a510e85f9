"""Settings of record, read from FACETALLY_RECORD_*."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from services.common.settings import EstimateSettings, NatsSettings, ServiceSettings, settings_config
from services.common.vocabulary import Quality


class RecordSettings(EstimateSettings, ServiceSettings):
    """Where results are kept and for how long, which faces count, and what an estimate must reach to count as known."""

    model_config = settings_config("record")

    nats: NatsSettings = Field(description="Connection to NATS")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `record`")
    counted_quality: Quality = Field(
        default=Quality.USABLE,
        description="Least quality of a face that counts as a visitor: good, usable or rejected. "
        "Other faces are kept, and in no tally",
    )
    max_batch: int = Field(default=200, ge=1, description="Most photos written in one transaction")
    batch_pause_s: float = Field(
        default=0.25, ge=0, description="Least time from one transaction to the next: what comes meanwhile is one more"
    )
    rollup_pause_s: float = Field(
        default=5.0,
        gt=0,
        description="Least pause between two rounds of adding up cities, regions, days and months. After a long round "
        "it is longer, so that the rounds take a twentieth of the time at most",
    )
    results_kept_days: int = Field(
        default=365,
        ge=31,
        description="For how long results are kept photo by photo and face by face. They go by whole months. Photos that "
        "come later than that are not counted",
    )
    camera_hours_kept_days: int = Field(
        default=62, ge=31, description="For how long it is kept what became of each camera's uploads, hour by hour"
    )
    tallies_kept_days: int = Field(
        default=1095, ge=31, description="For how long tallies are kept: the numbers that reports show"
    )

    shadows_kept_days: int = Field(
        default=90,
        ge=31,
        description="For how long it is kept what a release of models in shadow says (docs/models.md)",
    )

    photos_kept_days: int = Field(
        default=30,
        ge=0,
        description="As provision has it: pictures of faces that were drawn to be labelled go when their photos go; 0: never",
    )

    @model_validator(mode="after")
    def _tallies_outlive_results(self) -> Self:
        """What is still counted must have a tally to be counted in."""
        if self.tallies_kept_days < self.results_kept_days:
            raise ValueError("TALLIES_KEPT_DAYS must not be less than RESULTS_KEPT_DAYS")
        return self
