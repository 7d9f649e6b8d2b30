"""Where an untested line could breach somebody's privacy: rules, formats, checks, sealing and what opens.

`python -m tools.support.measured` prints the options of pytest that measure these modules.
"""

from pathlib import Path

from tools.support.project import PACKAGES, PEOPLE, ROOMS, VERIFY

_FOLDERS = (VERIFY, ROOMS / "sealing", PEOPLE / "opens")
_RULES = "rules"
# Commands, and checks of whole files: they are tested through the programs that people run.
_LEFT_OUT = {"commands", "offline", "v1"}
# Protocols have no code of their own.
_PORTS = "ports"
# Not formats: files and texts of this machine.
_OF_FILES = ("durable_file", "printable")
# Rules that several capabilities share.
_SHARED = ("share", "fair_queue", "second_factor", "invitation_code", "day")


def modules() -> list[str]:
    """Return the names of the modules."""
    found = [path for folder in _FOLDERS for path in folder.rglob("*.py") if not _LEFT_OUT & set(path.parts)]
    found += [path for path in ROOMS.rglob("*.py") if _RULES in (path.stem, path.parent.name)]
    found += [ROOMS / "core" / f"{name}.py" for name in _SHARED]
    # Of a package coverage would measure every file.
    left_out = (*_OF_FILES, "__init__")
    return sorted(_name(path) for path in found if _PORTS not in path.stem and path.stem not in left_out)


def file_of(name: str) -> Path:
    """Return the file of a module."""
    place = next(package.parent for package in PACKAGES if package.name == name.partition(".")[0])
    return (place / name.replace(".", "/")).with_suffix(".py")


def _name(path: Path) -> str:
    place = next(package.parent for package in PACKAGES if package in path.parents)
    return ".".join(path.relative_to(place).with_suffix("").parts)


if __name__ == "__main__":
    print(*(f"--cov={name}" for name in modules()))
