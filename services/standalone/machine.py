"""One machine's process tree: the servers, then provision, then the services."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.common.model_choice import private_key_of, public_text
from services.common.settings import NatsSettings
from services.common.streams import CONSUMERS
from services.faceapi.command import first_key
from services.provision.domain.nats_rights import nats_permissions
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.store_rights import S3_ACTIONS
from services.report.command import first_admin
from services.standalone.adapters.child_process import ChildLauncher
from services.standalone.adapters.free_ports import check_free
from services.standalone.adapters.memory_folder import memory_folder
from services.standalone.adapters.nats_server import nats_server
from services.standalone.adapters.photo_pages import PhotoPages
from services.standalone.adapters.postgres_server import DATABASE, make_cluster, postgres_server
from services.standalone.adapters.probes import answers_http
from services.standalone.adapters.seaweedfs import seaweedfs
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import (
    Ports,
    Program,
    detect_names,
    environment_file,
    plan_ports,
    service_environment,
)
from services.standalone.handler import Supervisor
from services.standalone.settings import StandaloneSettings

# Who signs in first; to be disabled once other admins have been let in.
ADMIN = "admin@localhost"
# The face API's first key; to be revoked once other keys have been made.
FIRST_KEY = "standalone"
# Who promotes models on this machine.
_PROMOTER = "standalone"
# Read by `facetally doctor`, `backlog` and `dead`, by `facetally keys`, `facetally models` and `facetally backfill`, where their own settings are not set.
_OPERATE_FILE = "operate.env"
_KEYS_FILE = "keys.env"
_MODELS_FILE = "models.env"
_BACKFILL_FILE = "backfill.env"
_LABELS_FILE = "labels.env"
# Photos are in flight longer where their faces are classified before they are answered: those wait for company.
_IN_FLIGHT_TOGETHER = 8
# What children inherit: enough to run, and nothing of ours that could change what they do.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "OMP_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Machine:
    """A running machine, as the commands beside it see it.

    Args:
        knows_admin: the first admin still signs in with the password that was made for them.
        knows_key: the face API takes the key that was made first.
    """

    settings: StandaloneSettings
    ports: Ports
    secrets: dict[str, str]
    certificate: Path
    supervisor: Supervisor
    knows_admin: bool
    knows_key: bool

    def nats(self, user: str) -> dict[str, str]:
        """Connection to NATS, as settings."""
        return _nats(self.ports, self.secrets, user)

    def s3(self, user: str) -> dict[str, str]:
        """Connection to the store, as settings."""
        return _s3(self.ports, self.secrets, user)

    def dsn(self, role: str) -> str:
        """Connection to Postgres."""
        return _dsn(self.ports, self.secrets, role)

    @property
    def report_url(self) -> str:
        """Address of the report pages."""
        return f"http://127.0.0.1:{self.ports.report}/"

    @property
    def face_api_url(self) -> str:
        """Address of the face API."""
        return _face_api_url(self.settings, self.ports)

    def welcome(self) -> str:
        """Where the reports and the face API are, and who is let in how."""
        known = (
            f"with the password [bold]{self.secrets['admin']}[/]"
            if self.knows_admin
            else "with the password that you chose"
        )
        key = (
            f"Its key {FIRST_KEY} is [bold]{self.secrets['face-api-key']}[/]"
            if self.knows_key
            else f"Its key {FIRST_KEY} is not taken any more; `facetally keys add NAME` makes another"
        )
        return (
            f"The reports are at [bold]{self.report_url}[/]\nSign in as [bold]{ADMIN}[/] {known}.\n"
            f"The face API is at [bold]{self.face_api_url}[/]\n{key}."
        )


@asynccontextmanager
async def running_machine(
    settings: StandaloneSettings,
    report: Callable[[str], None],
    arrange: Callable[[Program], Program] = lambda program: program,
) -> AsyncIterator[Machine]:
    """Start everything, ready when the block begins; stop everything, in the opposite order, when it ends.

    Args:
        settings: of standalone.
        report: told what happens, a line at a time.
        arrange: may change a server or service before it is started: `make chaos` puts proxies between them.

    Raises:
        BusyPortError: a port is taken.
        StateInUseError: another standalone has the state folder.
        StartError: a program did not come up; all the others have been stopped.
    """
    workers = settings.detect_workers
    separate = settings.separate_classify
    ports = plan_ports(
        settings.ftp_port,
        settings.report_port,
        settings.face_api_port,
        settings.internal_port_first,
        workers,
        separate=separate,
    )
    with StateFolder(settings.state_dir) as state, memory_folder(state.path) as memory:
        setting_of = {
            "FTP": "FACETALLY_STANDALONE_FTP_PORT",
            "the report pages": "FACETALLY_STANDALONE_REPORT_PORT",
            "the face API": "FACETALLY_STANDALONE_FACE_API_PORT",
        }
        check_free(ports.all(), setting_of)
        secrets = state.secrets(_secret_names())
        environment = _inherited()
        launcher = ChildLauncher(state.path / "logs")
        supervisor = Supervisor(launcher, report)
        passwords = {user: secrets[f"nats-{user}"] for user in nats_permissions()}
        secret_keys = {user: secrets[f"s3-{user}"] for user in S3_ACTIONS}
        await asyncio.to_thread(make_cluster, state.path / "postgres", secrets["postgres-owner"], environment)
        servers = (
            nats_server(state.path / "nats", ports.nats, ports.nats_monitor, passwords, environment),
            seaweedfs(state.path / "s3", ports.s3, ports.weed, secret_keys, environment),
            postgres_server(state.path / "postgres", ports.postgres, environment),
        )
        promoter_key = state.promoter_key()
        promoters = json.dumps({_PROMOTER: public_text(private_key_of(promoter_key.read_bytes()))})
        rollout = {
            **_s3(ports, secrets, "classify"),
            "trusted_keys": promoters,
            "cache_dir": state.path / "models",
        }
        services = _services(
            settings, ports, secrets, state.certificate(), memory and memory / "recent", rollout, environment
        )
        # Before anything is started: doctor is asked when something does not start.
        state.keep_private(_OPERATE_FILE, environment_file(_operate(settings, state.path, ports, secrets)).encode())
        state.keep_private(_KEYS_FILE, environment_file(_keys(settings, ports, secrets)).encode())
        models = _models(ports, secrets, promoter_key, promoters)
        state.keep_private(_MODELS_FILE, environment_file(models).encode())
        state.keep_private(_BACKFILL_FILE, environment_file(_backfill(ports, secrets)).encode())
        state.keep_private(_LABELS_FILE, environment_file(_labels(ports, secrets)).encode())
        photo_pages = PhotoPages(state.path / "s3" / "data")
        janitors = [asyncio.create_task(work) for work in (launcher.bound_logs(), photo_pages.keep_few())]
        try:
            await supervisor.start(*map(arrange, servers))
            await supervisor.run(_provision(settings, ports, secrets, environment))
            report("the servers are provisioned")
            await supervisor.run(_publish(ports, secrets, environment))
            knows_admin = await first_admin(_dsn(ports, secrets, "account"), ADMIN, secrets["admin"])
            keys_nats = NatsSettings.model_validate(_nats(ports, secrets, "keys"))
            knows_key = await first_key(keys_nats, FIRST_KEY, secrets["face-api-key"])
            await supervisor.start(*map(arrange, services))
            yield Machine(settings, ports, secrets, state.certificate(), supervisor, knows_admin, knows_key)
        finally:
            for janitor in janitors:
                janitor.cancel()
            report("stopping everything")
            await supervisor.stop()


def _secret_names() -> list[str]:
    users = [f"nats-{user}" for user in nats_permissions()]
    keys = [f"s3-{user}" for user in S3_ACTIONS]
    return [
        *users,
        *keys,
        "admin",
        "face-api-key",
        "report-cookies",
        "postgres-owner",
        *(f"postgres-{role}" for role in DATABASE_ROLES),
    ]


def _inherited() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # Our own interpreter's programs first: the servers are among them.
    return kept | {"PATH": f"{Path(sys.executable).parent}:{kept.get('PATH', os.defpath)}", "OMP_NUM_THREADS": "1"}


def _nats(ports: Ports, secrets: dict[str, str], user: str) -> dict[str, str]:
    return {"url": f"nats://127.0.0.1:{ports.nats}", "user": user, "password": secrets[f"nats-{user}"]}


def _s3(ports: Ports, secrets: dict[str, str], user: str) -> dict[str, str]:
    return {"url": f"http://127.0.0.1:{ports.s3}", "access_key": user, "secret_key": secrets[f"s3-{user}"]}


def _dsn(ports: Ports, secrets: dict[str, str], role: str) -> str:
    return f"postgresql://{role}:{secrets[f'postgres-{role}']}@127.0.0.1:{ports.postgres}/{DATABASE}"


def _provision(
    settings: StandaloneSettings, ports: Ports, secrets: dict[str, str], environment: dict[str, str]
) -> Program:
    values: dict[str, object] = {
        "nats": _nats(ports, secrets, "admin"),
        "s3": _s3(ports, secrets, "admin"),
        "postgres_dsn": _dsn(ports, secrets, "owner"),
        "photos_kept_days": settings.photos_kept_days,
    }
    values |= {f"{role}_password": secrets[f"postgres-{role}"] for role in DATABASE_ROLES}
    return Program(
        name="provision",
        command=(sys.executable, "-m", "services.provision"),
        ready=None,
        environment=environment | service_environment("provision", values),
    )


def _publish(ports: Ports, secrets: dict[str, str], environment: dict[str, str]) -> Program:
    """Tell ingest of the shops again: NATS may have lost what Postgres still knows."""
    values: dict[str, object] = {
        "nats": _nats(ports, secrets, "estate"),
        "postgres_dsn": _dsn(ports, secrets, "estate"),
    }
    return Program(
        name="estate",
        command=(sys.executable, "-m", "services.estate", "publish"),
        ready=None,
        environment=environment | service_environment("estate", values),
    )


def _loopback(host: str) -> str:
    """Where we knock: a server on all addresses is on this one, too."""
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - not where we listen


def _face_api_url(settings: StandaloneSettings, ports: Ports) -> str:
    return f"http://{_loopback(settings.face_api_host)}:{ports.face_api}/"


def _keys(settings: StandaloneSettings, ports: Ports, secrets: dict[str, str]) -> dict[str, str]:
    """The settings of `facetally keys`."""
    values = {"keys_nats": _nats(ports, secrets, "keys"), "keys_url": _face_api_url(settings, ports)}
    return service_environment("faceapi", values)


def _models(ports: Ports, secrets: dict[str, str], key: Path, promoters: str) -> dict[str, str]:
    """The settings of `facetally models`."""
    values: dict[str, object] = {
        "nats": _nats(ports, secrets, "models"),
        "s3": _s3(ports, secrets, "models"),
        "trusted_keys": promoters,
        "key_file": key,
        "promoter": _PROMOTER,
    }
    return service_environment("rollout", values)


def _backfill(ports: Ports, secrets: dict[str, str]) -> dict[str, str]:
    """The settings of `facetally backfill`."""
    values = {
        "nats": _nats(ports, secrets, "backfill"),
        "s3": _s3(ports, secrets, "backfill"),
        "postgres_dsn": _dsn(ports, secrets, "backfill"),
    }
    return service_environment("backfill", values)


def _labels(ports: Ports, secrets: dict[str, str]) -> dict[str, str]:
    """The settings of `facetally sample`, `labels` and `datasets`."""
    values: dict[str, object] = {
        "s3": _s3(ports, secrets, "labels"),
        "datasets": _s3(ports, secrets, "labels"),
        "postgres_dsn": _dsn(ports, secrets, "labels"),
    }
    return service_environment("labels", values)


def _operate(settings: StandaloneSettings, state: Path, ports: Ports, secrets: dict[str, str]) -> dict[str, str]:
    """The operator's settings."""
    values: dict[str, object] = {
        "nats": _nats(ports, secrets, "operator"),
        "s3": _s3(ports, secrets, "operator"),
        "postgres_dsn": _dsn(ports, secrets, "operator"),
        "health_urls": json.dumps({name: f"http://127.0.0.1:{port}/readyz" for name, port in ports.health.items()}),
        "ftps_address": f"{_loopback(settings.ftp_host)}:{ports.ftp}",
        "state_dir": state,
    }
    return service_environment("operate", values)


def _services(
    settings: StandaloneSettings,
    ports: Ports,
    secrets: dict[str, str],
    certificate: Path,
    recent: Path | None,
    rollout: Mapping[str, object],
    environment: dict[str, str],
) -> list[Program]:
    consumers = {user: {"nats": _nats(ports, secrets, user)} for user in {consumer.user for consumer in CONSUMERS}}
    values: dict[str, dict[str, object]] = {
        "ingest": {
            "nats": _nats(ports, secrets, "ingest"),
            "s3": {
                **_s3(ports, secrets, "ingest"),
                "seaweedfs_filer": f"127.0.0.1:{ports.weed['filer.grpc']}",
                "recent_photos": recent,
            },
            "ftp_host": settings.ftp_host,
            "ftp_port": ports.ftp,
            "passive_port_first": settings.passive_port_first,
            "passive_port_last": settings.passive_port_last,
            "tls_certificate": certificate,
            "active_mode": settings.active_mode,
            "require_tls": settings.require_tls,
            "ftps_port": settings.ftps_port,
            "masquerade_address": settings.masquerade_address,
            "bundles": True,
        },
        "detect": {
            **consumers["detect"],
            **({} if settings.separate_classify else {"photos_in_flight": _IN_FLIGHT_TOGETHER}),
            # While somebody waits for an answer the cores that the others leave idle are theirs.
            "urgent_threads": settings.detect_workers,
            "s3": {**_s3(ports, secrets, "detect"), "recent_photos": recent},
        },
        "classify": {**consumers["classify"], "rollout": rollout},
        "record": {
            **consumers["record"],
            "postgres_dsn": _dsn(ports, secrets, "record"),
            "photos_kept_days": settings.photos_kept_days,
            "results_kept_days": settings.results_kept_days,
            "tallies_kept_days": settings.tallies_kept_days,
        },
        "report": {
            "nats": _nats(ports, secrets, "report"),
            "postgres_dsn": _dsn(ports, secrets, "report"),
            "account_dsn": _dsn(ports, secrets, "account"),
            "estate_dsn": _dsn(ports, secrets, "estate"),
            "estate_nats": _nats(ports, secrets, "estate"),
            "privacy_photos_kept_days": settings.photos_kept_days,
            "privacy_results_kept_days": settings.results_kept_days,
            "privacy_tallies_kept_days": settings.tallies_kept_days,
            "min_cell": settings.min_cell,
            "cookie_key": secrets["report-cookies"],
            # Its pages are on loopback, where there is no HTTPS.
            "secure_cookies": False,
            "http_port": ports.report,
            "camera_ftp_port": ports.ftp,
            "camera_require_tls": settings.require_tls,
            "camera_ftps_port": settings.ftps_port,
            "camera_ftp_host": settings.masquerade_address,
        },
        "faceapi": {
            "nats": _nats(ports, secrets, "faceapi"),
            "http_host": settings.face_api_host,
            "http_port": ports.face_api,
        },
    }
    programs = []
    for name, port in ports.health.items():
        service = "detect" if name in detect_names(settings.detect_workers) else name
        together = service == "detect" and not settings.separate_classify
        programs.append(
            Program(
                name=name,
                command=(sys.executable, "-m", "services.faces" if together else f"services.{service}"),
                ready=answers_http(f"http://127.0.0.1:{port}/readyz"),
                environment=environment
                | service_environment(service, {**values[service], "health_port": port})
                | (service_environment("classify", values["classify"]) if together else {}),
                patient=name not in {"report", "faceapi"},
            )
        )
    return programs
