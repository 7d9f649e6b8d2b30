"""Project rules about capabilities: each has one name, in every room, and a folder once it needs one."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import CLIENT, ROOMS, ROOT, expect_none, written_python

# The capability of each service, and the parts under whose names a room keeps it that has no folder for it.
CAPABILITIES = {
    "verification": "claim",
    "status": "account",
    "campaign": "campaign",
    "sanction": "sanction",
    "session": "session",
    "public_account": "public_account",
    "tip_off": "tip_off",
    "disclosure": "disclosure",
    "erasure": "erasure",
    "drill": "custody",
    "roster": "people",
    "transparency": "log",
}
PARTS = {"custody": ("drill", "handover"), "people": ("roster", "second_factor"), "log": ("event",)}
NOT_SERVED = {"credential", "platform", "key", "report"}
# Every name of a capability or of a part of one.
CAPABILITY_NAMES = {
    *CAPABILITIES.values(),
    *NOT_SERVED,
    *(name for parts in PARTS.values() for name in parts),
}
# Folders of a room that are not a capability's: layers of the room, hosted pages, and commands.
OTHER_FOLDERS = {
    *("base", "dev", "edge", "identity", "migrations", "periodic", "restore"),
    *("evidence", "legacy_import", "texts"),
}


def test_a_capability_has_one_name() -> None:
    """A service's capability has a file or folder of its name, or of its parts, in every package it uses."""
    services = {
        path.stem
        for path in (ROOT / "proto").rglob("*.proto")
        if re.search(r"^service ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert services == CAPABILITIES.keys()
    expect_none(
        f"{room}/{name}"
        for name in CAPABILITIES.values()
        for room in ("domain", "ports", "flows", "storage", "api")
        if not any((ROOMS / room / f"{each}.py").is_file() for each in (name, *PARTS.get(name, ())))
        and not (ROOMS / room / name / "__init__.py").is_file()
    )


def packages(folder: Path) -> list[Path]:
    """List the packages directly in a folder, except the generated one."""
    return sorted(path.parent for path in folder.glob("*/__init__.py") if path.parent != ROOMS / "v1")


def test_a_folder_is_a_capability() -> None:
    """Every folder in a room is a capability with its common name, and contains several files."""
    known = {*CAPABILITIES.values(), *NOT_SERVED, *OTHER_FOLDERS}
    folders = [folder for room in (*packages(ROOMS), *packages(CLIENT)) for folder in packages(room)]
    assert {folder.name for folder in folders} >= OTHER_FOLDERS
    expect_none(str(folder.relative_to(ROOT)) for folder in folders if folder.name not in known)
    expect_none(
        str(folder.relative_to(ROOT))
        for folder in folders
        if folder.parent.name != "storage" and len(list(folder.glob("[!_]*.py"))) < 2
    )


def crowded(room: Path) -> Iterator[str]:
    """Find the capabilities that lie in a room as three or more files."""
    for name in sorted(CAPABILITY_NAMES):
        beside = list(room.glob(f"{name}_*.py"))
        if (room / f"{name}.py").is_file() and len(beside) > 1:
            yield f"{room.relative_to(ROOT)}/{name}*.py"


def test_three_files_of_a_capability_are_a_folder() -> None:
    """No room keeps a capability's own file and two more beside each other."""
    expect_none(found for room in (*packages(ROOMS), *packages(CLIENT)) for found in crowded(room))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("key.py", "key_one.py"), False),
        (("key_one.py", "key_two.py", "key_three.py"), False),
        (("key.py", "key_one.py", "key_two.py"), True),
        (("roster.py", "roster_one.py", "roster_two.py"), True),
    ],
)
def test_a_crowd_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], found: bool
) -> None:
    """The rule counts a capability's files, or those of a part of one."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for name in files:
        (tmp_path / name).touch()
    assert bool(list(crowded(tmp_path))) is found


def respelt(path: Path) -> Iterator[str]:
    """Find the folders and the module of a path that spell a capability in another way."""
    known = {name.replace("_", ""): name for name in CAPABILITY_NAMES}
    for part in path.relative_to(ROOT).with_suffix("").parts:
        name = part.removeprefix("test_")
        spelling = known.get(name.replace("_", ""), name)
        if name != spelling:
            yield f"{path.relative_to(ROOT)}: {spelling}"


def test_a_capability_is_spelt_in_one_way() -> None:
    """Modules and folders spell a capability as the table above does: handover, tip_off."""
    expect_none(found for path in written_python() for found in respelt(path))
    assert list(respelt(ROOT / "tests" / "x" / "test_hand_over.py"))
    assert list(respelt(ROOT / "idvault" / "tipoff" / "a.py"))


def test_capabilities_are_singular() -> None:
    """No capability is plural in one package and singular in another."""
    names = {path.stem for room in ("ports", "flows") for path in (ROOMS / room).glob("*.py")}
    rooms = ("domain", "ports", "flows", "storage", "api", "workers")
    plurals = {f"{name}s" for name in names} - names
    expect_none(
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOMS / room).glob("*.py")
        if path.stem in plurals
    )
