"""What MLflow is told of a run: parameters, figures by epoch, and the files in the end.

Without a server it is files in the run's folder. MLflow tells its makers nothing from here: a test pins that.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.training.config import TrainingConfig, flat

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these when it is imported.
_ENVIRONMENT: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Files are enough for one run, and need no database.
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    # A server that is away is told of within a minute; the run goes on later from its checkpoint.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
}
_RUN_ID: Final = "mlflow-run.txt"
_LONGEST_PARAMETER: Final = 500


class TrackingError(Exception):
    """The tracking server does not answer, or refuses."""


class Tracker:
    """One run, the same one after a restart."""

    def __init__(self, config: TrainingConfig, also: dict[str, str]) -> None:
        """Begin, or go on with, the run of config.output.

        Args:
            config: whose values are its parameters.
            also: more parameters.

        Raises:
            TrackingError: the server does not answer, or refuses.
        """
        self._client = _client(config.tracking.uri or (config.output.absolute() / "mlruns").as_uri())
        run_file = config.output / _RUN_ID
        self._run_id = run_file.read_text() if run_file.exists() else ""
        if not self._run_id:
            self._run_id = self._begin(config, also)
            run_file.write_text(self._run_id)

    def figures(self, figures: dict[str, float], epoch: int) -> None:
        """Tell the figures of an epoch.

        Raises:
            TrackingError: the server does not answer, or refuses.
        """
        with _translated():
            for name, value in figures.items():
                self._client.log_metric(self._run_id, name, value, step=epoch)

    def finish(self, files: list[Path]) -> None:
        """Hand over files, and end the run.

        Raises:
            TrackingError: the server does not answer, or refuses.
        """
        with _translated():
            for file in files:
                self._client.log_artifact(self._run_id, str(file))
            self._client.set_terminated(self._run_id)

    def _begin(self, config: TrainingConfig, also: dict[str, str]) -> str:
        with _translated():
            known = self._client.get_experiment_by_name(config.tracking.experiment)
            experiment = known.experiment_id if known else self._client.create_experiment(config.tracking.experiment)
            run_id: str = self._client.create_run(experiment, run_name=config.name).info.run_id
            for name, value in (flat(config) | also).items():
                self._client.log_param(run_id, name, value[:_LONGEST_PARAMETER])
            return run_id


def _client(uri: str) -> "MlflowClient":
    os.environ.update(_ENVIRONMENT)
    from mlflow import MlflowClient  # noqa: PLC0415 - only after the environment is set, and it takes seconds

    with _translated():
        return MlflowClient(tracking_uri=uri)


@contextmanager
def _translated() -> Iterator[None]:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see `_client`

    try:
        yield
    except MlflowException as error:
        raise TrackingError(f"MLflow: {error}") from error
