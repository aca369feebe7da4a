"""Write the bill of materials (CycloneDX 1.6, JSON) of what a user installs.

Usage: python -m tools.sbom [FILE]. Names, versions and hashes come from requirements/run.txt;
licences and descriptions from what is installed here, where it is. The same lock gives the same
file: there is no time and no serial number in it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from tools.locked import ROOT, RUN, Pin, pins

TARGET = ROOT / "build" / "sbom.cdx.json"
_LONGEST_LICENCE = 60
Json = Mapping[str, object]


def bill() -> Json:
    """The whole document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    product = {
        "type": "application",
        "bom-ref": "cluewatch",
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    locked = pins(RUN)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": [_component(pin) for pin in locked],
        "dependencies": [{"ref": "cluewatch", "dependsOn": [_url(pin) for pin in locked]}],
    }


def _component(pin: Pin) -> Json:
    files = [{"name": "sha256", "value": value} for value in pin.hashes]
    marker = [{"name": "marker", "value": pin.marker}] if pin.marker else []
    return {
        "type": "library",
        "bom-ref": _url(pin),
        "name": pin.name,
        "version": pin.version,
        "purl": _url(pin),
        **_described(pin),
        "properties": [
            {"name": f"cluewatch:{one['name']}", "value": one["value"]} for one in marker + files
        ],
    }


def _described(pin: Pin) -> Json:
    try:
        known = metadata(pin.name)
    except PackageNotFoundError:
        return {}
    licence = _licence(known)
    return {
        "description": known["Summary"] or "",
        **({"licenses": [licence]} if licence else {}),
    }


def _licence(known: PackageMetadata) -> Json | None:
    """What the distribution says of its licence: an SPDX expression, a name, a classifier."""
    if "License-Expression" in known:
        return {"expression": known["License-Expression"]}
    words = known["License"].strip() if "License" in known else ""
    if 0 < len(words) <= _LONGEST_LICENCE:
        return {"license": {"name": words}}
    for classifier in known.get_all("Classifier") or ():
        if classifier.startswith("License ::"):
            return {"license": {"name": classifier.rpartition(" :: ")[2]}}
    return None


def _url(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(target)
