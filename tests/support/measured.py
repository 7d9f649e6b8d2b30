"""Where an untested line could breach somebody's privacy: rules, formats, checks, sealing and what opens.

`python -m tests.support.measured` prints the options of pytest that measure these modules.
"""

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("verify", "sealing", "opens")
_RULES = "rules"
# Protocols have no code of their own.
_PORTS = "ports"
# Not formats: files and texts of this machine.
_OF_FILES = ("durable_file", "printable")
# Rules that several capabilities share.
_SHARED = ("share", "fair_queue", "second_factor", "invitation_code", "day")


def modules() -> list[str]:
    """Return the names of the modules."""
    service = _ROOT / "idvault"
    found = [path for folder in _FOLDERS for path in (service / folder).rglob("*.py")]
    found += [path for path in service.rglob("*.py") if _RULES in (path.stem, path.parent.name)]
    found += [service / "core" / f"{name}.py" for name in _SHARED]
    # Of a package coverage would measure every file.
    left_out = (*_OF_FILES, "__init__")
    return sorted(_name(path) for path in found if _PORTS not in path.stem and path.stem not in left_out)


def file_of(name: str) -> Path:
    """Return the file of a module."""
    return (_ROOT / name.replace(".", "/")).with_suffix(".py")


def _name(path: Path) -> str:
    return ".".join(path.relative_to(_ROOT).with_suffix("").parts)


if __name__ == "__main__":
    print(*(f"--cov={name}" for name in modules()))
