from pathlib import Path

import pytest

from models.dataset.manifest import Dataset, read
from tests.models.data_sets import write_data_set


@pytest.fixture(scope="session")
def data_set_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "faces"
    write_data_set(folder, 96)
    return folder


@pytest.fixture(scope="session")
def data_set(data_set_folder: Path) -> Dataset:
    return read(data_set_folder)
