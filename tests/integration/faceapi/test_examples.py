"""The manual's examples do what it says, as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.servers.faceapi import FaceApiServer

MANUAL = (ROOT / "docs/face-api.md").read_text()
EXAMPLES = re.findall(r"^```(sh|python|js)\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
COMMANDS = {"sh": ["bash", "-euc"], "python": [sys.executable, "-c"]}


def test_there_is_an_example_for_every_kind_of_program() -> None:
    assert {language for language, _ in EXAMPLES} == {"sh", "python", "js"}


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_an_example_tells_of_the_faces(
    server: FaceApiServer, demo_photos: Path, tmp_path: Path, language: str, code: str
) -> None:
    for name, source in (("photo.jpg", "photo-01.jpg"), ("other.jpg", "photo-02.jpg")):
        (tmp_path / name).write_bytes((demo_photos / source).read_bytes())
    if language == "js":
        (tmp_path / "example.mjs").write_text(code)
        command = [str(Path(sys.executable).with_name("node")), "example.mjs"]
    else:
        command = [*COMMANDS[language], code]
    environment = {"PATH": os.environ["PATH"], "FACE_API": server.url, "FACE_API_KEY": server.key}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = "happiness" if "emotion" in code else "gender"
    assert done.stdout.count(expected) >= 2, done.stdout
