"""Every command that runs until it is stopped is run by something: a unit, a pod, a service of the trial."""

import ast
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMMANDS = ROOT / "idvault" / "processes" / "cli"
UNITS = ROOT / "idvault" / "processes" / "setup" / "units"
DEPLOY = ROOT / "deploy"
EDGE = "--edge"
# Of the package idvault-dev, for the trial alone.
MOCKED = {"mock-registry"}


def calls(node: ast.AST) -> Iterator[str]:
    """Yield the names of the functions that a part of a file calls."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            yield ast.unparse(each.func)


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file of commands."""
    tree = ast.parse(path.read_text("utf-8"))
    yield from (each for each in tree.body if isinstance(each, ast.FunctionDef))


def command(path: Path, function: str) -> str:
    """Return the words of a command: a group has the name of its file."""
    return function if function == path.stem else f"{path.stem} {function}"


def endless() -> set[str]:
    """Return the commands that run until a signal stops them; of `serve` each edge is one."""
    found = set()
    for path in sorted(COMMANDS.glob("*.py")):
        for function in functions(path):
            if "running.run" in calls(function):
                found.add(command(path, function.name))
    assert "serve" in found
    return found - {"serve"} | {"serve platform", "serve custody"}


def started(words: list[str]) -> str:
    """Return the command of a command line, as `endless` has it."""
    if words[0] == "serve":
        return f"serve {words[words.index(EDGE) + 1]}"
    return " ".join(words[:2]) if words[1:2] == ["follow"] else words[0]


def of_units() -> Iterator[str]:
    """Yield what the units start."""
    for unit in UNITS.iterdir():
        (line,) = [each for each in unit.read_text("utf-8").splitlines() if each.startswith("ExecStart=")]
        yield started(shlex.split(line)[1:])


def of_pods() -> Iterator[str]:
    """Yield what the deployments start."""
    for path in (DEPLOY / "kubernetes").glob("*.yaml"):
        for each in yaml.safe_load_all(path.read_text("utf-8")):
            if each["kind"] == "Deployment":
                for container in each["spec"]["template"]["spec"]["containers"]:
                    yield started(container["args"])


def of_services() -> Iterator[str]:
    """Yield what the trial starts of our image, but its set-up."""
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name, each in document["services"].items():
        if each["image"] == "idvault-trial" and name != "setup":
            yield started(each["command"])


# The pages need a public name, and a witness is another organisation's.
RUN = {
    "units": (of_units, set()),
    "pods": (of_pods, {"witness"}),
    "services": (of_services, {"web"}),
}


@pytest.mark.parametrize("name", RUN)
def test_every_endless_command_is_run(name: str) -> None:
    """What runs until it is stopped is started by a unit, a pod and a service, each once."""
    source, missing = RUN[name]
    found: Iterable[str] = [each for each in source() if each not in MOCKED]
    assert sorted(found) == sorted(endless() - missing)
