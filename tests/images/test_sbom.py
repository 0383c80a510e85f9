"""The part of a bill of materials that is ours: what comes from Debian."""

import runpy
from typing import Any

from scripts.images.catalogue import ROOT

STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Version: 3.0.17-1~deb12u3
Description: toolkit
 with a line: that is no field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: passwd
Status: install ok installed
Architecture: amd64
Version: 1:4.13+dfsg1-1
"""


def completed(bom: dict[str, Any]) -> dict[str, Any]:
    script = runpy.run_path(str(ROOT / "k8s" / "images" / "base" / "sbom.py"))
    completed: dict[str, Any] = script["complete"](bom, STATUS)
    return completed


def test_what_is_installed_from_debian_is_named_as_its_security_tracker_names_it() -> None:
    bom = completed({"bomFormat": "CycloneDX", "components": [{"name": "aiohttp"}]})
    assert bom["bomFormat"] == "CycloneDX"
    assert [one["name"] for one in bom["components"]] == ["aiohttp", "python", "libssl3", "passwd"]
    purls = [one["purl"] for one in bom["components"][2:]]
    assert purls == [
        "pkg:deb/debian/libssl3@3.0.17-1~deb12u3?arch=amd64&distro=debian-12",
        "pkg:deb/debian/passwd@1%3A4.13%2Bdfsg1-1?arch=amd64&distro=debian-12",
    ]
