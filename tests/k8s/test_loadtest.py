"""The load test's pods: the plan is one that the code reads, and a master and a worker send it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from loadtest.plan import Scenario, read_plan
from tests.images.dockerfiles import instructions
from tests.k8s.load import plan
from tests.k8s.manifests import K8S, ROOT, containers, rendered


def entry_point() -> list[str]:
    """What the image starts, as far as it is in the repository: what follows is what a pod says."""
    (said,) = [one.words for one in instructions(ROOT / "loadtest/Dockerfile") if one.name == "ENTRYPOINT"]
    python, *rest = [word.strip("[],") for word in said]
    assert python == "python"
    return [sys.executable, *(word.replace("/app/", f"{ROOT}/") for word in rest)]


def test_a_master_and_a_worker_do_what_the_plan_says(tmp_path: Path) -> None:
    """Nobody listens where the photos go: what counts is that the worker was sent out to send them."""
    pods = [one for one in rendered(K8S / "loadtest") if one["kind"] in {"Job", "Deployment"}]
    assert not [container for one in pods for container in containers(one) if "command" in container]
    arguments = {one["kind"]: containers(one)[0]["args"] for one in pods}
    (tmp_path / "plan.json").write_text(json.dumps(plan()))
    assert read_plan(tmp_path / "plan.json").scenario is Scenario.FLAT
    (tmp_path / "logins.csv").write_text("camera,login,secret,time_zone\ncamera-1,login-1,secret-1,UTC\n")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    with socket.socket() as closed, socket.socket() as free:
        closed.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        refused, port = closed.getsockname()[1], free.getsockname()[1]
    here = {"host": "127.0.0.1", "port": refused, "rate": 20, "minutes": 0.08}
    here |= {"photos": str(tmp_path / "photos"), "logins": str(tmp_path / "logins.csv")}
    running = []
    for kind, more in (
        ("Job", ["--expect-workers=1", f"--master-bind-port={port}", "--master-bind-host=127.0.0.1"]),
        ("Deployment", ["--master-host=127.0.0.1", f"--master-port={port}"]),
    ):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "plan.json").write_text(json.dumps(plan() | here | {"folder": str(folder)}))
        own = [
            one for one in arguments[kind] if one.split("=")[0] not in {"--plan", "--expect-workers", "--master-host"}
        ]
        command = [*entry_point(), f"--plan={folder}/plan.json", *own, *more]
        running.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
    for process in running:
        process.communicate(timeout=60)
    assert running[1].returncode == 0
    assert "Connection refused" in (tmp_path / "Deployment/requests.csv").read_text()
