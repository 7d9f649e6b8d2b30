"""Checks that the locked requirements are whole, hashed, consistent and free of index addresses.

- Each name in a *.in file is in its lock, at a version that the *.in file allows.
- Each locked package is pinned with `==` and has at least one SHA-256 hash.
- The client's lock is part of the service's, and that of the developer's, with the same pins.
- What pyproject.toml promises to installers is what the locks were made from.
- No file names an index, a link or an address.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("client", "run", "dev")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<marker>[^\\]*)\\?$")
ADDRESS = re.compile(
    r"https?:|(^|\s)(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", re.MULTILINE
)

Pins = dict[str, set[str]]


def wanted(folder: Path, kind: str) -> list[Requirement]:
    """Read a *.in file and those that it includes."""
    found: list[Requirement] = []
    for line in (folder / f"{kind}.in").read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("-r "):
            found += wanted(folder, text.removeprefix("-r ").removesuffix(".in"))
        elif text:
            found.append(Requirement(text))
    return found


def locked(text: str) -> tuple[Pins, list[str]]:
    """Read a lock file: the pins (a package may have one a platform), and what is wrong with it."""
    pins: Pins = {}
    faults = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        first = block.splitlines()[0].strip()
        pin = PIN.match(first)
        if pin is None:
            faults.append(f"not pinned: {first}")
            continue
        pins.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
        if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block):
            faults.append(f"not hashed: {pin['name']}")
    return pins, faults


def check_lock(folder: Path, kind: str) -> tuple[Pins, list[str]]:
    """Compare one lock with its *.in file; returns its pins and the faults."""
    text = (folder / f"{kind}.txt").read_text("utf-8")
    pins, faults = locked(text)
    for requirement in wanted(folder, kind):
        versions = pins.get(canonicalize_name(requirement.name), set())
        if not versions:
            faults.append(f"missing: {requirement.name}")
        faults += [
            f"not allowed by {kind}.in: {requirement.name} {version}"
            for version in versions
            if not requirement.specifier.contains(version, prereleases=True)
        ]
    if ADDRESS.search(text) or ADDRESS.search((folder / f"{kind}.in").read_text("utf-8")):
        faults.append("an index, a link or an address")
    return pins, [f"{kind}: {fault}" for fault in faults]


def check_promises(root: Path, pins: dict[str, Pins]) -> list[str]:
    """Compare pyproject.toml with the locks: both name the same packages, at versions that both allow."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    promises = {"client": project["dependencies"], "run": project["optional-dependencies"]["server"]}
    return [
        f"pyproject.toml: {text} is not what {kind}.txt holds"
        for kind, texts in promises.items()
        for requirement, text in ((Requirement(text), text) for text in texts)
        if not any(
            requirement.specifier.contains(version, prereleases=True)
            for version in pins[kind].get(canonicalize_name(requirement.name), set())
        )
    ]


def check(root: Path) -> list[str]:
    """Return every fault of the requirements of the project in `root`."""
    pins: dict[str, Pins] = {}
    faults: list[str] = []
    for kind in LOCKS:
        pins[kind], found = check_lock(root / "requirements", kind)
        faults += found
    for small, large in (("client", "run"), ("run", "dev")):
        faults += [
            f"{small}: {name} is {sorted(versions)}, and {sorted(pins[large].get(name, set()))} in {large}"
            for name, versions in pins[small].items()
            if not versions <= pins[large].get(name, set())
        ]
    return faults + check_promises(root, pins)


def main() -> int:
    """Print the faults; 0 none, 1 some."""
    faults = check(ROOT)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
