"""The bill of materials of the image (CycloneDX 1.6, JSON), from its lock file and its Dockerfile.

It has every Python package of the image with its version, who needs whom, and the base image by digest. The
hashes of the packages' files are in the lock. It has no date and no serial number: the same locks give the
same bytes, so that `scripts/check` can compare them.
"""

import json
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PLACE = ROOT / "requirements" / "sbom.cdx.json"
LOCK = "requirements/image.txt"
PROJECTS = ("pyproject.toml", "clients/python/pyproject.toml", "clients/verify/pyproject.toml")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)(?: *; *([^\\]+?))? *\\?$")
_BASE = re.compile(r"^ARG PYTHON_(TAG|DIGEST)=(\S+)$", re.MULTILINE)


def document(*, lock: str, projects: Sequence[str], dockerfile: str) -> dict[str, Any]:
    """Return the bill.

    lock: as `uv pip compile` writes it, with the packages that each one is needed by. projects: the project
    files of the service and of our other packages that it needs, which the lock leaves out.
    """
    own = [tomllib.loads(each)["project"] for each in projects]
    root, *packages = [_component(each["name"], each["version"]) for each in own]
    root["type"], root["licenses"] = "application", [{"expression": own[0]["license"]}]
    names = {each["name"] for each in own}
    needs = {each["name"]: names & set(map(_name, each["dependencies"])) for each in own}
    for name, version, marker, needed_by in _packages(lock):
        package = _component(name, version)
        if marker:
            package["properties"] = [{"name": "idvault:installed-if", "value": marker}]
        packages.append(package)
        needs.setdefault(name, set())
        for other in needed_by:
            needs.setdefault(other, set()).add(name)
    refs = {each["name"]: each["bom-ref"] for each in [root, *packages]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [_base(dockerfile), *packages],
        "dependencies": [
            {"ref": refs[name], "dependsOn": sorted(refs[other] for other in found)}
            for name, found in sorted(needs.items())
        ],
    }


def _packages(lock: str) -> list[tuple[str, str, str, list[str]]]:
    """Return name, version, marker and dependents of each package."""
    found: list[tuple[str, str, str, list[str]]] = []
    for line in lock.splitlines():
        if pinned := _PINNED.match(line):
            found.append((pinned[1], pinned[2], pinned[3] or "", []))
        elif line.startswith("    #"):
            word = line.removeprefix("    #").strip().removeprefix("via").strip()
            # The other notes name the lock that constrains this one, and the file of a direct requirement.
            if word and not word.startswith("-c "):
                found[-1][3].append(_name(word))
    return found


def _name(requirement: str) -> str:
    return re.split(r"[\s(\[=<>]", requirement)[0]


def _component(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _base(dockerfile: str) -> dict[str, Any]:
    arguments = dict(_BASE.findall(dockerfile))
    purl = f"pkg:oci/python@{arguments['DIGEST'].replace(':', '%3A')}?tag={arguments['TAG']}"
    return {
        "type": "container",
        "bom-ref": purl,
        "name": "python",
        "version": arguments["TAG"],
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": arguments["DIGEST"].removeprefix("sha256:")}],
    }


def text() -> str:
    """Return the bill of this working copy's locks."""
    lock, dockerfile, *projects = (
        (ROOT / name).read_text("utf-8") for name in (LOCK, "Dockerfile", *PROJECTS)
    )
    return json.dumps(document(lock=lock, projects=projects, dockerfile=dockerfile), indent=1) + "\n"


def main(words: Sequence[str]) -> int:
    """Write the file, or with --check return 1 if it is not that of these locks."""
    if list(words) != ["--check"]:
        PLACE.write_text(text(), "utf-8")
        return 0
    if PLACE.read_text("utf-8") == text():
        return 0
    print(f"{PLACE.relative_to(ROOT)} is not of these locks: run scripts/lock", file=sys.stderr)
    return 1
