"""The bill of materials: valid CycloneDX, and complete."""

import json
from typing import Any

from cyclonedx.schema import SchemaVersion

from tools.support.generate import sbom

LOCK = """aiohttp==3.14.5 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via
    #   -c requirements/dev.txt
    #   example (pyproject.toml)
    #   example-client
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:22
    # via aiohttp
"""
PROJECT = (
    '[project]\nname = "example"\nversion = "1"\nlicense = "MIT"\ndependencies = ["example-client[cli]==1"]\n'
)
CLIENT = '[project]\nname = "example-client"\nversion = "1"\ndependencies = []\n'
DOCKERFILE = f"ARG PYTHON_TAG=3.13-slim\nARG PYTHON_DIGEST=sha256:{'ab' * 32}\n"


def dependencies(found: dict[str, Any]) -> dict[str, list[str]]:
    """Return the bill's graph."""
    return {each["ref"]: each["dependsOn"] for each in found["dependencies"]}


def test_the_bill_of_a_lock() -> None:
    """Versions, markers, who needs whom, and the base by digest."""
    found = sbom.document(lock=LOCK, projects=[PROJECT, CLIENT], dockerfile=DOCKERFILE)
    aiohttp, colorama = "pkg:pypi/aiohttp@3.14.5", "pkg:pypi/colorama@0.4.6"
    client = "pkg:pypi/example-client@1"
    assert dependencies(found) == {
        "pkg:pypi/example@1": [aiohttp, client],
        client: [aiohttp],
        aiohttp: [colorama],
        colorama: [],
    }
    base, _, _, conditional = found["components"]
    assert base["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert conditional["properties"] == [{"name": "idvault:installed-if", "value": "sys_platform == 'win32'"}]


def test_the_file_is_valid_and_complete() -> None:
    """It follows CycloneDX's schema, and every package of the image is in it and needed by something."""
    # Its import builds grammars of addresses: each worker would need longer for it than for any other module.
    from cyclonedx.validation.json import JsonStrictValidator

    text = sbom.PLACE.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    lock = (sbom.ROOT / sbom.LOCK).read_text("utf-8").splitlines()
    pinned = [line for line in lock if "==" in line and not line.startswith(" ")]
    libraries = {each["bom-ref"] for each in found["components"] if each["type"] == "library"}
    assert len(libraries) - len(sbom.PROJECTS[1:]) == len(pinned) > 20
    needed = {ref for each in dependencies(found).values() for ref in each}
    assert needed == libraries
