"""Project rules about capabilities: each is one folder with one name, and its files are of known kinds."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.support.project import CLIENT, PEOPLE, ROOMS, ROOT, expect_none, written_python

# The capability of each service.
CAPABILITIES = {
    "verification": "claim",
    "review": "claim",
    "status": "status",
    "campaign": "campaign",
    "sanction": "sanction",
    "authority": "authority",
    "session": "session",
    "inquiry": "session",
    "public_account": "public_account",
    "tip_off": "tip_off",
    "disclosure": "disclosure",
    "erasure": "erasure",
    "notice": "notice",
    "drill": "custody",
    "roster": "people",
    "transparency": "log",
    "usage": "platform",
}
NOT_SERVED = {"account", "key", "moderator", "notification", "report"}
# What the capabilities stand on, and what stands on them.
NO_CAPABILITY = {"core", "sealing", "registry", "web", "processes"}
# The parts of a capability that have files of their own, in a folder of their name.
NOUNS = {
    "authority": {"joint_operation"},
    "campaign": {"invitation", "legacy_account"},
    "claim": {"job", "representative", "review"},
    "custody": {"drill", "handover"},
    "erasure": {"former_version"},
    "people": {"second_factor"},
    "platform": {"usage"},
    "sanction": {
        "appeal",
        "content_measure",
        "narrowing",
        "objection",
        "operation",
        "order",
        "sanction_template",
    },
    "session": {"contest", "disavowal", "inquiry", "reinstatement", "withdrawal"},
    "status": {"credential"},
    "tip_off": {"contact", "flood", "referral", "reporter", "supplement"},
}
KINDS = {"rules", "ports", "store", "acts", "api"}
# Every name of a capability or of a part of one.
CAPABILITY_NAMES = {
    *CAPABILITIES.values(),
    *NOT_SERVED,
    *(name for parts in NOUNS.values() for name in parts),
    *("roster", "event"),
}
# Folders of the client package that are not a capability's.
# `blocking` is generated: its files are capabilities.
OTHER_FOLDERS = {"blocking", "evidence", "identity", "legacy_import", "operator", "texts"}


def packages(folder: Path) -> list[Path]:
    """List the packages directly in a folder."""
    return sorted(path.parent for path in folder.glob("*/__init__.py"))


def modules(folder: Path) -> set[str]:
    """Return the names of the modules and packages directly in a folder."""
    return {path.stem for path in folder.glob("[!_]*.py")} | {path.name for path in packages(folder)}


def test_every_service_has_its_capability() -> None:
    """Each service belongs to one folder, and each folder is a capability or listed above."""
    services = {
        path.stem
        for path in (ROOT / "proto").rglob("*.proto")
        if re.search(r"^service ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert services == CAPABILITIES.keys()
    assert {path.name for path in packages(ROOMS)} == {*CAPABILITIES.values(), *NOT_SERVED, *NO_CAPABILITY}


def unknown(room: Path) -> Iterator[str]:
    """Find what a capability's folder holds besides nouns and files of the known kinds."""
    nouns = NOUNS.get(room.name, set())
    for folder, names in ((room, KINDS | nouns), *((room / noun, KINDS) for noun in nouns)):
        yield from (f"{folder.relative_to(ROOT)}/{name}" for name in modules(folder) - names)
        if not modules(folder) & KINDS and folder != room:
            yield f"{folder.relative_to(ROOT)}: nothing of a known kind"


def test_a_capability_has_files_of_known_kinds() -> None:
    """A folder of a capability holds rules, ports, store, acts and api, and nouns that hold the same."""
    names = {*CAPABILITIES.values(), *NOT_SERVED}
    expect_none(found for name in names for found in unknown(ROOMS / name))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("rules.py", "job/store.py", "representative/rules.py", "review/rules.py"), []),
        (
            ("rules.py", "job/store.py", "representative/rules.py", "review/rules.py", "helper.py"),
            ["claim/helper"],
        ),
        (
            ("rules.py", "job/rows.py", "representative/rules.py", "review/rules.py"),
            ["claim/job/rows", "claim/job: nothing of a known kind"],
        ),
    ],
)
def test_another_kind_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], found: list[str]
) -> None:
    """The rule finds a file of another kind in a capability and in its nouns."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for name in (*files, "job/__init__.py"):
        path = tmp_path / "claim" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert sorted(unknown(tmp_path / "claim")) == sorted(found)


def test_a_folder_of_the_client_is_a_capability() -> None:
    """Each folder in a folder of the client is a capability, by its name, and contains several files."""
    known = {*CAPABILITIES.values(), *NOT_SERVED, *OTHER_FOLDERS}
    folders = [folder for place in (CLIENT, PEOPLE) for room in packages(place) for folder in packages(room)]
    expect_none(str(folder.relative_to(ROOT)) for folder in folders if folder.name not in known)
    expect_none(str(folder.relative_to(ROOT)) for folder in folders if len(list(folder.glob("[!_]*.py"))) < 2)


def crowded(room: Path) -> Iterator[str]:
    """Find the capabilities that lie in a folder as three or more files."""
    for name in sorted(CAPABILITY_NAMES):
        beside = list(room.glob(f"{name}_*.py"))
        if (room / f"{name}.py").is_file() and len(beside) > 1:
            yield f"{room.relative_to(ROOT)}/{name}*.py"


def test_three_files_of_a_capability_are_a_folder() -> None:
    """No folder of the client keeps a capability's own file and two more beside each other."""
    expect_none(found for place in (CLIENT, PEOPLE) for room in packages(place) for found in crowded(room))


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
    """No folder of the service is the plural of another name of a capability."""
    plurals = {f"{name}s" for name in CAPABILITY_NAMES} - CAPABILITY_NAMES
    expect_none(
        path.relative_to(ROOT).as_posix()
        for path in ROOMS.rglob("*")
        if path.is_dir() and path.name in plurals
    )


def met(room: Path) -> Iterator[tuple[str, str]]:
    """Yield each folder of a capability with a neighbour in it that it imports."""
    folders = {folder.relative_to(ROOT): folder for folder in packages(room)}
    for own, folder in folders.items():
        texts = [path.read_text("utf-8") for path in folder.rglob("*.py")]
        for other in folders:
            name = re.escape(".".join(other.parts))
            parent, _, last = name.rpartition(r"\.")
            said = rf"^(from|import) {name}\b|^from {parent} import .*\b{last}\b"
            if own != other and any(re.search(said, text, re.MULTILINE) for text in texts):
                yield str(own), str(other)


def test_no_two_folders_of_a_capability_import_each_other() -> None:
    """One of them stands on the other, as capabilities do."""
    found = {pair for room in packages(ROOMS) for pair in met(room)}
    assert len(found) > 10
    expect_none(f"{own} and {other}" for own, other in found if (other, own) in found)
