"""The load test's pods: the plan is one that the code reads, and a master and a worker send it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import yaml

from loadtest.plan import Scenario, read_plan
from tests.k8s.manifests import K8S, ROOT, containers, program


def test_a_master_and_a_worker_do_what_the_plan_says(tmp_path: Path) -> None:
    """Nobody listens where the photos go: what counts is that the worker was sent out to send them."""
    text = subprocess.run(
        [program("kubectl"), "kustomize", K8S / "loadtest"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    manifests = list(yaml.safe_load_all(text))
    (planned,) = [one["data"]["plan.json"] for one in manifests if one["kind"] == "ConfigMap"]
    arguments = {one["kind"]: containers(one)[0]["args"] for one in manifests if one["kind"] in {"Job", "Deployment"}}
    (tmp_path / "plan.json").write_text(planned)
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
        (folder / "plan.json").write_text(json.dumps(json.loads(planned) | here | {"folder": str(folder)}))
        own = [
            one for one in arguments[kind] if one.split("=")[0] not in {"--plan", "--expect-workers", "--master-host"}
        ]
        command = [
            sys.executable,
            "-m",
            "locust",
            "--locustfile",
            "loadtest/locustfile.py",
            f"--plan={folder}/plan.json",
        ]
        running.append(subprocess.Popen([*command, *own, *more], cwd=ROOT, stderr=subprocess.PIPE, text=True))
    for process in running:
        process.communicate(timeout=60)
    assert running[1].returncode == 0
    assert "Connection refused" in (tmp_path / "Deployment/requests.csv").read_text()
