"""Write docs/settings.md from the settings classes: `make docs`."""

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from services.backfill.settings import BackfillSettings
from services.classify.settings import ClassifySettings
from services.detect.settings import DetectSettings
from services.estate.settings import EstateSettings
from services.faceapi.settings import FaceApiSettings, KeysSettings
from services.ingest.settings import IngestSettings
from services.labels.settings import LabelsSettings
from services.operate.settings import OperateSettings
from services.provision.settings import ProvisionSettings
from services.record.settings import RecordSettings
from services.report.settings import ReportSettings
from services.rollout.settings import RolloutSettings
from services.standalone.settings import StandaloneSettings

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"
CLASSES: tuple[type[BaseSettings], ...] = (
    IngestSettings,
    DetectSettings,
    ClassifySettings,
    RecordSettings,
    ReportSettings,
    FaceApiSettings,
    KeysSettings,
    EstateSettings,
    OperateSettings,
    RolloutSettings,
    BackfillSettings,
    LabelsSettings,
    ProvisionSettings,
    StandaloneSettings,
)
_HEAD = """# Settings

Every setting is an environment variable, read once, when a program starts. An empty one counts as not set. What has no default must be
set; a program that misses one names it and ends. `make docs` writes this page from the code.
"""


def document() -> str:
    """The page."""
    return _HEAD + "".join(_section(prefix, classes) for prefix, classes in groupby(CLASSES, _prefix))


def variables(settings: type[BaseModel], prefix: str) -> dict[str, FieldInfo]:
    """Fields by the environment variable that sets them."""
    found: dict[str, FieldInfo] = {}
    for name, field in settings.model_fields.items():
        variable = f"{prefix}{field.alias or name}".upper()
        group = _group(field)
        if group is not None:
            if field.default is None:
                found[f"{variable}__*"] = field
            found |= variables(group, f"{variable}__")
        else:
            found[variable] = field
    return found


def _group(field: FieldInfo) -> type[BaseModel] | None:
    """The settings that are one field, if it is such a field; it may be left out."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _prefix(settings: type[BaseSettings]) -> str:
    return str(settings.model_config["env_prefix"])


def _section(prefix: str, classes: Iterable[type[BaseSettings]]) -> str:
    """A service and its commands."""
    service = prefix.removeprefix("FACETALLY_").rstrip("_").lower()
    return f"\n## {service}\n" + "".join(_table(settings, prefix) for settings in classes)


def _table(settings: type[BaseSettings], prefix: str) -> str:
    lines = [f"\n{settings.__doc__}\n", "| variable | default | meaning |", "|---|---|---|"]
    lines += [
        f"| `{variable}` | {_default(field)} | {field.description} |"
        for variable, field in variables(settings, prefix).items()
    ]
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "computed"
    if field.is_required():
        return "**must be set**"
    return "none" if field.default is None else f"`{field.default}`"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
    sys.stdout.write(f"docs/settings.md: {len(CLASSES)} programs\n")
