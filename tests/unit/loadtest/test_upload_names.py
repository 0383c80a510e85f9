"""What the load test's cameras call their photos is what cameras call them."""

from datetime import datetime, timedelta

import pytest

from loadtest.upload_names import FORMS, upload_name
from services.common.cameras.path_patterns import ANY, read_path, templates

NOW = datetime(2026, 11, 28, 9, 5, 7, 123456)


@pytest.mark.parametrize("camera", [f"load-city-{number}-exit" for number in range(40)])
def test_ingest_reads_the_time_that_is_meant(camera: str) -> None:
    path = upload_name(camera, NOW, 3)
    facts = read_path(path, templates(ANY))
    assert facts.taken_at is not None, path
    assert timedelta() <= NOW - facts.taken_at < timedelta(seconds=1)


def test_every_vendor_has_a_camera_and_a_camera_stays_with_its_vendor() -> None:
    names = {camera: upload_name(camera, NOW, 3) for camera in (f"load-city-{n}-exit" for n in range(200))}
    assert {upload_name(camera, NOW, 3) for camera in names} == set(names.values())
    fixed = [form.split("%")[0].split("}")[-1] for form in FORMS]
    for part in fixed:
        assert any(part in name for name in names.values()), part
