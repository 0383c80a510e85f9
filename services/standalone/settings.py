"""Settings of standalone, read from FACETALLY_STANDALONE_*."""

import os
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from services.common.settings import Host, Port, settings_config


class StandaloneSettings(BaseSettings):
    """Where the state is kept, and which ports are used. Everything listens on loopback unless said otherwise."""

    model_config = settings_config("standalone")

    state_dir: Path = Field(default=Path(".state"), description="Folder of photos, messages, results, secrets and logs")
    ftp_host: Host = Field(default="127.0.0.1", description="Address that cameras reach; 0.0.0.0 for all of them")
    ftp_port: Port = Field(default=2121, description="Port of FTP and explicit FTPS")
    passive_port_first: Port = Field(default=30000, description="First port of FTP's passive data connections")
    passive_port_last: Port = Field(default=30099, description="Last port of FTP's passive data connections")
    ftps_port: Port | None = Field(default=None, description="Port of implicit FTPS, such as 990; none when empty")
    masquerade_address: Host | None = Field(
        default=None, description="Address that cameras reach this machine at, where they come through a gateway"
    )
    active_mode: bool = Field(default=False, description="Open data connections to cameras on their demand")
    require_tls: bool = Field(default=False, description="Refuse logins and photos that are not encrypted")
    report_port: Port = Field(default=8080, description="Port of the report pages, on loopback")
    face_api_host: Host = Field(
        default="127.0.0.1",
        description="Address of the face API. It speaks HTTP: keep it on loopback, behind what speaks HTTPS",
    )
    face_api_port: Port = Field(default=8081, description="Port of the face API")
    internal_port_first: Port = Field(
        default=14200, description="First of the 60 loopback ports that the servers and services use among themselves"
    )
    photos_kept_days: int = Field(default=30, ge=0, description="For how many days photos are kept; 0: for ever")
    results_kept_days: int = Field(
        default=365, ge=31, description="For how many days results are kept photo by photo and face by face"
    )
    tallies_kept_days: int = Field(
        default=1095, ge=31, description="For how many days tallies are kept; not less than the results"
    )
    min_cell: int = Field(
        default=10,
        ge=0,
        description="Counts of fewer visitors are hidden, and with them what would give them away; 0: nothing is hidden",
    )
    separate_classify: bool = Field(
        default=False,
        description="Classify faces in a process of its own, as on many machines. By default those that detect them do: "
        "faces then need not go through NATS, which is cheaper on one machine (docs/adr/0015)",
    )
    detect_workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Detect processes; by default one per core"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "StandaloneSettings":
        if self.passive_port_last < self.passive_port_first:
            raise ValueError("the last passive port comes before the first")
        if self.tallies_kept_days < self.results_kept_days:
            raise ValueError("TALLIES_KEPT_DAYS must not be less than RESULTS_KEPT_DAYS")
        return self
