"""The Dockerfile, as text: the build itself, by scripts/image, needs a network and minutes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
_REQUIREMENT = re.compile(
    r"^(?P<name>[a-z0-9.-]+)(?:\[[a-z,]+\])?==(?P<version>\S+)(?P<rest>.*)$", re.IGNORECASE
)
_BUILD = {"pip", "setuptools", "wheel", "hatchling", "build", "flit-core", "uv", "ensurepip"}


def _stages() -> list[str]:
    """Return the text of each stage, without comments and with continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    return re.split(r"^(?=FROM )", "\n".join(lines).replace("\\\n", " "), flags=re.MULTILINE)


def test_the_base_is_pinned_by_digest_beside_its_tag() -> None:
    """Both build arguments have a value, and every stage starts from them or from another one."""
    head, *stages = _stages()
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", head, flags=re.MULTILINE))
    assert re.fullmatch(r"3\.13-slim-[a-z]+", arguments["PYTHON_TAG"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", arguments["PYTHON_DIGEST"])
    assert arguments["BASE"] == "python:${PYTHON_TAG}@${PYTHON_DIGEST}"
    starts = [stage.splitlines()[0].split()[1:] for stage in stages]
    assert [start[-1] for start in starts] == ["build", "build-trial", "runtime", "trial", "service"]
    assert [start[0] for start in starts] == ["${BASE}", "build", "${BASE}", "runtime", "runtime"]
    assert "imagetools inspect python:" + arguments["PYTHON_TAG"] in DOCKERFILE


def test_what_the_build_copies_is_sent_to_it() -> None:
    """Every source of a COPY is one of the exceptions of .dockerignore, and every exception is copied."""
    sources = {
        source
        for stage in _stages()
        for line in re.findall(r"^COPY (?!--from)(.*)$", stage, flags=re.MULTILINE)
        for source in line.split()[:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert sources == {line.removeprefix("!") for line in ignore if line.startswith("!")}


def test_the_final_stage_has_no_pip_and_no_build_backend() -> None:
    """It takes only the installation, which has no pip, and removes the base's own."""
    _, build, trial, final, _, service = _stages()
    assert "venv --without-pip /opt/idvault" in build
    copied = re.findall(r"^(?:COPY|RUN) (.*)$", service, flags=re.MULTILINE)
    assert copied == ["--from=build /opt/idvault /opt/idvault"]
    assert not re.search("people|development", build)
    assert "clients/people development" in trial
    assert "pip uninstall --yes --no-input pip" in final
    assert "rm -rf \"$(python -c 'import ensurepip; print(ensurepip.__path__[0])')\"" in final
    assert not re.search(r"pip (install|wheel|download)", final)
    names = {found["name"].lower() for found in _pinned("image.txt")}
    assert not names & _BUILD
    assert re.search(r"^USER 10001:10001$", final, flags=re.MULTILINE)


def _pinned(name: str) -> list[re.Match[str]]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return [found for line in lines if (found := _REQUIREMENT.match(line))]


@pytest.mark.parametrize("name", ["run.txt", "image.txt"])
def test_every_package_of_the_image_has_its_hashes(name: str) -> None:
    """Each install demands hashes, and no requirement is without one."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert f"--require-hashes -r requirements/{name}" in DOCKERFILE
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert len(blocks) == len(_pinned(name)) > 20
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]
