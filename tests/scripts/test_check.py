"""scripts/check runs the named steps, each step finds its faults, and the hooks call the steps."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import hardware
from tools.support import browser, debian, webkit

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = (
    "pyproject.toml",
    *(
        f"{folder}/pyproject.toml"
        for folder in ("clients/verify", "clients/python", "clients/people", "development")
    ),
)
HASH = "--hash=sha256:" + "0" * 64


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the project's scripts/check."""
    return subprocess.run(
        [str(folder / "scripts" / "check"), *arguments], check=False, capture_output=True, text=True
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the files that the steps check; the environment is this project's, which needs no set-up."""
    for name in ("requirements", "proto"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    for name in (*PROJECTS, "buf.yaml", "scripts/check"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    setup = tmp_path / "scripts" / "setup"
    setup.write_text("#!/bin/sh\n", "utf-8")
    setup.chmod(0o755)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def append(path: Path, text: str) -> None:
    """Append text to a file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def fault(project: Path, step: str = "requirements") -> str:
    """Return the output of a failing step."""
    done = run(project, step)
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == (f"failed {step}", f"check: {step} failed")
    return "\n".join(lines[1:-1])


def test_only_the_named_steps_run(project: Path) -> None:
    """Only the named steps run, and the last line counts them."""
    done = run(project, "proto-lint", "shell")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok proto-lint\nok shell\ncheck: all 2 checks passed\n"


def test_an_unknown_step_is_wrong_usage(project: Path) -> None:
    """An unknown name runs nothing; the message lists the steps."""
    done = run(project, "shell", "spelling")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: scripts/check [format lint types ")


def test_these_requirements_are_whole(project: Path) -> None:
    """The project's locks have no fault."""
    assert run(project, "requirements").stdout == "ok requirements\ncheck: all 1 checks passed\n"


def test_a_package_that_is_not_locked_is_found(project: Path) -> None:
    """A package in pyproject.toml that no lock contains is a fault."""
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace('"joserfc",', '"joserfc", "unheard-of",'), "utf-8")
    assert "run scripts/lock" in fault(project)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("clients/verify/pyproject.toml", "protobuf>=7"),
        ("clients/python/pyproject.toml", "jinja2>=3.1"),
        ("clients/people/pyproject.toml", "segno>=1.6"),
        ("pyproject.toml", "pyotp>=2.12"),
        ("pyproject.toml", "hatchling"),
        ("pyproject.toml", "joserfc"),
        ("pyproject.toml", "uv>=0.13"),
    ],
)
def test_a_pin_that_is_not_allowed_is_found(project: Path, file: str, name: str) -> None:
    """A pin outside the range of a project file is a fault: of a package, an extra and each group."""
    path = project / file
    whole = path.read_text("utf-8")
    text = whole.replace(f'"{name}"', f'"{re.split(">", name)[0]}<0"')
    assert text != whole
    path.write_text(text, "utf-8")
    assert "run scripts/lock" in fault(project)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"loose>=1 \\\n    {HASH}\n", "but found: loose>=1"),
        ("bare==1\n", "all requirements must have a hash"),
        (f"bare==1 \\\n    --hash=md5:{'0' * 32}\n", "--hash=md5:"),
    ],
)
def test_a_loose_or_bare_package_is_found(project: Path, line: str, told: str) -> None:
    """Each locked package must be pinned and have a SHA-2 hash."""
    append(project / "requirements" / "dev.txt", line)
    assert told in fault(project)


@pytest.mark.parametrize(
    "line", ["--find-links dir\n", "--index-url dir\n", "-i dir\n", "# https" + "://example\n"]
)
def test_an_address_is_found(project: Path, line: str) -> None:
    """No lock may contain a package index's address."""
    append(project / "requirements" / "run.txt", line)
    lines = (project / "requirements" / "run.txt").read_text("utf-8").splitlines()
    assert f"requirements/run.txt:{len(lines)}:{line.strip()}" in fault(project)


def test_different_pins_are_found(project: Path) -> None:
    """The service's packages must have the same versions as the developer's."""
    append(project / "requirements" / "run.txt", f"extra==1 \\\n    {HASH}\n")
    assert "extra==1\nrequirements/run.txt: dev.txt has different pins: run scripts/lock" in fault(project)


def test_a_change_that_breaks_callers_is_found(project: Path) -> None:
    """The contract is compared with the last release, wherever the repository is."""
    assert run(project, "proto-breaking").returncode == 0
    path = project / "proto" / "idvault" / "v1" / "status.proto"
    text = path.read_text("utf-8")
    path.write_text(text.replace("rpc GetStatus(", "rpc GetState(", 1), "utf-8")
    assert "GetStatus" in fault(project, "proto-breaking")


def require(program: str, package: str) -> None:
    """Fail, with the package's name, if a program of Debian's is missing and cannot be installed here."""
    refused = debian.install(lambda: [] if debian.which(program) else [package])
    assert debian.which(program), f"install the Debian package {package}{refused}"


def test_units_that_systemd_does_not_understand(project: Path) -> None:
    """The project's units are understood; an unknown setting and a program that is missing are faults."""
    require("systemd-analyze", "systemd")
    units = "idvault/processes/setup/units"
    shutil.copytree(ROOT / units, project / units)
    assert run(project, "units").stdout == "ok units\ncheck: all 1 checks passed\n"
    unit = project / units / "idvault-work.service"
    kept = unit.read_text("utf-8")
    unit.write_text(kept.replace("Restart=", "Restrat="), "utf-8")
    assert "Restrat" in fault(project, "units")
    unit.write_text(kept.replace("bin/idvault work", "bin/idvault-none work"), "utf-8")
    assert "idvault-none is not executable" in fault(project, "units")


def test_a_fault_of_a_deployment_file_is_found(project: Path) -> None:
    """Each tool finds a word that it does not know."""
    require("docker-compose", "docker-compose")
    require("kustomize", "kustomize")
    shutil.copytree(ROOT / "deploy", project / "deploy")
    for step, name, word in (
        ("compose", "compose.yaml", "restart"),
        ("kubernetes", "kubernetes/work.yaml", "readinessProbe"),
    ):
        path = project / "deploy" / name
        path.write_text(path.read_text("utf-8").replace(f"{word}:", f"{word}s:"), "utf-8")
        assert f"{word}s" in fault(project, step)


def test_the_hooks_are_the_steps() -> None:
    """Each pre-commit hook is a step of scripts/check, and nothing is downloaded for it."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"- repo: (.*)", hooks) == ["local"]
    entries = re.findall(r"entry: (.*)", hooks)
    (steps,) = re.findall(r"^steps=\((.*)\)$", (ROOT / "scripts" / "check").read_text("utf-8"), re.MULTILINE)
    assert entries
    assert [entry for entry in entries if entry.removeprefix("scripts/check ") not in steps.split()] == []
    validate = [str(ROOT / ".venv" / "bin" / "pre-commit"), "validate-config"]
    subprocess.run(validate, cwd=ROOT, check=True, env={**os.environ, "PRE_COMMIT_COLOR": "never"})


@pytest.mark.parametrize(
    ("step", "package"),
    [
        ("units", "systemd"),
        ("prometheus", "promtool"),
        ("compose", "docker-compose"),
        ("kubernetes", "kustomize"),
    ],
)
def test_a_missing_program_fails_and_its_package_is_named(
    project: Path, tmp_path: Path, step: str, package: str
) -> None:
    """A step whose program cannot be installed fails; it names the package and the reason."""
    (project / "tools" / "support").mkdir(parents=True)
    for folder in ("tools", "tools/support"):
        (project / folder / "__init__.py").touch()
    shutil.copy(ROOT / "tools" / "support" / "debian.py", project / "tools" / "support")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or "")
    apt = programs / "apt-get"
    apt.write_text("#!/usr/bin/env bash\necho unable to locate package >&2\nexit 100\n", "utf-8")
    apt.chmod(0o755)
    done = subprocess.run(
        [project / "scripts" / "check", step],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(programs)},
    )
    assert done.returncode == 1
    _, told, last = done.stdout.splitlines()
    assert re.fullmatch(rf"\S+ is missing: install the Debian package {package} \(.+\)", told), told
    assert last == f"check: {step} failed"


def test_the_guide_names_every_package() -> None:
    """The guide's one command installs what the steps and the tests ask for."""
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (named,) = re.findall("^apt-get install --no-install-recommends (.*)$", guide, re.MULTILINE)
    steps = re.findall(r" debian [\w-]+ ([a-z-]+)", (ROOT / "scripts" / "check").read_text("utf-8"))
    assert len(steps) == 4
    assert set(named.split()) == {
        *(*steps, browser.PACKAGES[0], browser.FONT, hardware.PACKAGE),
        *webkit.PACKAGES.values(),
    }


def test_alerts_that_do_not_fire(project: Path) -> None:
    """Rules, dashboards and tests are understood; a wrong threshold, word and query are faults."""
    require("promtool", "promtool")
    shutil.copytree(ROOT / "deploy", project / "deploy")
    (project / "tools" / "support").mkdir(parents=True)
    # Packages: else the ones of this project would be found first.
    for folder in ("tools", "tools/support"):
        (project / folder / "__init__.py").touch()
    for name in ("debian", "monitoring"):
        shutil.copy(ROOT / "tools" / "support" / f"{name}.py", project / "tools" / "support")
    assert run(project, "prometheus").stdout == "ok prometheus\ncheck: all 1 checks passed\n"
    # The faults are those of one file: the others' tests, of weeks, need not pass again.
    for path in (project / "deploy" / "prometheus" / "tests").glob("*.yml"):
        if path.name != "log.yml":
            path.unlink()
    rules = project / "deploy" / "prometheus" / "rules" / "log.yml"
    kept = rules.read_text("utf-8")
    for threshold in (6_000, 6):
        rules.write_text(kept.replace("_age_seconds > 600", f"_age_seconds > {threshold}"), "utf-8")
        assert "IdvaultLogNotCosigned" in fault(project, "prometheus")
    rules.write_text(kept.replace("expr:", "expression:"), "utf-8")
    assert "field expression not found" in fault(project, "prometheus")
    rules.write_text(kept, "utf-8")
    dashboard = project / "deploy" / "grafana" / "dashboards" / "log.json"
    dashboard.write_text(dashboard.read_text("utf-8").replace("max by", "max by by"), "utf-8")
    assert "parse error" in fault(project, "prometheus")
