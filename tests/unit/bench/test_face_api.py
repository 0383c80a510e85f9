from pathlib import Path

import pytest

from bench.face_api import FaceApi, FaceApiError


def test_packages_that_are_missing_are_named_with_what_installs_them(tmp_path: Path) -> None:
    with (
        pytest.raises(FaceApiError, match="node_modules: `make bench-faces`"),
        FaceApi.running([], tmp_path / "measure.mjs"),
    ):
        pass
