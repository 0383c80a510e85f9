"""What is installed, and what must not be."""

import subprocess
import sys
from importlib.util import find_spec


def test_openvino_has_nothing_to_report_to_its_makers_with() -> None:
    assert find_spec("openvino_telemetry") is None


def test_openvino_starts_nothing_and_connects_to_nothing() -> None:
    """Importing it used to fork, and to send an event."""
    script = """
import socket, os
def refuse(*_, **__): raise AssertionError("openvino reaches out")
socket.socket.connect = refuse
os.fork = refuse
import openvino
openvino.Core()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-500:]
