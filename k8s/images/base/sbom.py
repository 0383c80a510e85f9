"""Add what Debian and Python bring to a bill of materials: CycloneDX on standard input and output.

cyclonedx-py knows the installed Python packages; the C library and OpenSSL below them come from Debian.
Usage: sbom.py /var/lib/dpkg/status
"""

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote


def debian_components(status: str) -> Iterator[dict[str, str]]:
    """Installed packages of a dpkg status file, in CycloneDX's words."""
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status") == "install ok installed":
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={fields['Architecture']}&distro=debian-12"
            yield {"type": "library", "name": name, "version": version, "bom-ref": purl, "purl": purl}


def python_component() -> dict[str, str]:
    """The interpreter, which in some base images is no package of Debian's."""
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return {"type": "platform", "name": "python", "version": version, "bom-ref": purl, "purl": purl}


def complete(bom: dict[str, Any], status: str) -> dict[str, Any]:
    """The bill with all that is below Python's packages."""
    return {**bom, "components": [*bom["components"], python_component(), *debian_components(status)]}


if __name__ == "__main__":
    json.dump(complete(json.load(sys.stdin), Path(sys.argv[1]).read_text()), sys.stdout, indent=1)
