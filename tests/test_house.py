"""Project rules that no linter checks: sizes, names, layers, and content that no tracked file may have."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import source
from tools.support.project import CLIENT, PACKAGES, ROOT, VERIFY, expect_none, tracked, written_python

# Most have 100 to 400: who opens a file reads all of it.
LONGEST_FILE = 600
LONGEST_FUNCTION = 50
# Names that the client package shares with the service: the same thing from a backend's point of view.
PROMISED = {"CampaignProgress", "Consent", "FailureReason", "Invitation", "Status", "Tls", "Vault"}
# Words that no name contains, because another word says what is meant.
RETIRED = {"card", "claiming", "desk", "home", "lean", "machine", "moment", "panel", "recorder"}
# Words that names contain in some places only: those whose path has one of these words.
PLACES = {
    # An opening is of a record; what a sign-up asserts is a new claim.
    "opening": {"chamber", "disclosure", "edge", "evidence", "history", "reference"},
    # A claim and a report have an outcome, and so do the wire and the metrics; tests have many outcomes.
    "outcome": {"attempt", "campaign", "claim", "legacy", "metric", "report", "test", "tip", "tool"},
    # A node is of the log's tree; the Node client has the name of its platform.
    "node": {"audit", "log", "node", "proof", "test", "tile", "transparency", "tree"},
    # What aiohttp calls a caller's address.
    "remote": {"wire"},
}
# A person is the data subject; in these folders somebody is a roster member, or a console's user.
WITHOUT_PERSON = {"attest", "console", "people"}
# A task is asyncio's or the worker's, in files that import one of them; a claim's work item is a job.
SCHEDULERS = ("asyncio", "idvault.core.loop")
# Names that the log, its papers and the registry gave.
GIVEN = re.compile("opening_count|opening_key|log_openings|person_request|TEST_TASK_MISSING", re.IGNORECASE)


def where(path: Path, line: int) -> str:
    """Return a place in the form that editors open."""
    return f"{path.relative_to(ROOT)}:{line}"


def matches(pattern: re.Pattern[str]) -> list[str]:
    """Find a pattern in all text files except generated ones."""
    found = []
    for path in tracked():
        if VERIFY / "v1" in path.parents:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [where(path, text.count("\n", 0, hit.start()) + 1) for hit in pattern.finditer(text)]
    return found


def test_files_are_short() -> None:
    """No Python file is longer than 600 lines."""
    expect_none(
        path.relative_to(ROOT).as_posix()
        for path in written_python()
        if path.read_text("utf-8").count("\n") > LONGEST_FILE
    )


def test_functions_are_short() -> None:
    """No function is longer than 50 lines."""
    expect_none(
        where(path, function.line)
        for path in written_python()
        for function in source.read(path).functions
        if function.lines > LONGEST_FUNCTION
    )


def test_modules_say_what_they_are_for() -> None:
    """Every module has a docstring with a first line."""
    expect_none(
        path.relative_to(ROOT).as_posix()
        for path in written_python()
        if not source.read(path).docstring.partition("\n")[0].strip()
    )


def test_tests_say_what_they_show() -> None:
    """Every test has a docstring."""
    expect_none(
        where(path, function.line)
        for path in written_python()
        if path.name.startswith("test_")
        for function in source.read(path).functions
        if function.name.startswith("test_") and len(function.docstring.split()) < 3
    )


def test_errors_are_named_so() -> None:
    """Every exception class ends in Error, but those of the client, which backends catch by short names."""
    expect_none(
        where(path, each.line)
        for path in written_python()
        if (set(PACKAGES) - {CLIENT}) & set(path.parents)
        for each in source.read(path).classes
        if not each.name.endswith("Error")
        and any(base.endswith(("Error", "Exception")) for base in each.bases)
    )


def class_names() -> dict[str, list[str]]:
    """Find the classes of all packages by name, the private ones among them."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in written_python():
        if not set(PACKAGES) & set(path.parents) or "migrations" in path.parts:
            continue
        for each in source.read(path).classes:
            found[each.name.strip("_")].append(where(path, each.line))
    return found


def test_a_class_name_means_one_thing() -> None:
    """No two classes share a name, with or without an underscore, except those promised to backends."""
    shared = {name: places for name, places in class_names().items() if len(places) > 1}
    expect_none(f"{name}: {', '.join(places)}" for name, places in shared.items() if name not in PROMISED)
    unique = PROMISED - shared.keys()
    assert not unique, f"these names are unique now and must leave the list: {sorted(unique)}"


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Find what a file names: itself, and its classes, functions, parameters and variables.

    The name of a test is a sentence, so it is left out.
    """
    yield 1, path.parent.name if path.stem == "__init__" else path.stem
    yield from ((line, name) for line, name in source.read(path).names if not name.startswith("test_"))


def words(name: str) -> set[str]:
    """Return the words of a name in the singular."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def misnamed(path: Path) -> Iterator[str]:
    """Find the names of a file that say something else than they mean."""
    within = path.relative_to(ROOT)
    wrong = RETIRED | {word for word, places in PLACES.items() if not words(str(within)) & places}
    if WITHOUT_PERSON & set(within.parts[:-1]):
        wrong.add("person")
    if not any(module.startswith(SCHEDULERS) for _, module in source.read(path).imports):
        wrong.add("task")
    for line, name in names(path):
        if words(GIVEN.sub("", name)) & wrong:
            yield f"{where(path, line)} {name}"


def test_a_name_says_what_it_means() -> None:
    """No module, class, function, parameter or variable has a retired name (CONTRIBUTING, Glossary)."""
    expect_none(found for path in written_python() for found in misnamed(path))


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("idvault/claim/desk.py", "", True),
        ("idvault/claim/desk/__init__.py", "", True),
        ("idvault/claim/a.py", "class ClaimRecorder: pass", True),
        ("idvault/claim/a.py", "def claiming(): pass", True),
        ("idvault/claim/a.py", "def f(*, opening): pass", True),
        ("idvault/claim/a.py", "opening_key = b''", False),
        ("idvault/disclosure/a.py", "openings = []", False),
        ("idvault/log/a.py", "openings = []", True),
        ("idvault/log/a.py", "log_openings = []", False),
        ("idvault/disclosure/a.py", "outcome = 1", True),
        ("idvault/tip_off/a.py", "def f(*, outcome): pass", False),
        ("idvault/claim/a.py", "class Node: pass", True),
        ("idvault/log/node.py", "class Node: pass", False),
        ("idvault/claim/a.py", "person = 1", False),
        ("idvault/people/a.py", "person = 1", True),
        ("idvault/people/a.py", "person_requests = 1", False),
        ("idvault/claim/a.py", "from b import jobs as tasks", True),
        ("idvault/claim/a.py", "import asyncio\ntask = asyncio.current_task()", False),
        ("idvault/claim/a.py", "self.last_moment = 1", True),
        ("idvault/claim/a.py", "for each in machines: pass", False),
        ("idvault/claim/a.py", "for machine in each: pass", True),
        ("tests/claim/test_a.py", "def test_a_machine_is_fresh(): pass", False),
    ],
)
def test_a_retired_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, found: bool
) -> None:
    """The check reads every kind of name, and not what a file only uses."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert bool(list(misnamed(path))) is found


def test_durable_files_are_written_in_one_place() -> None:
    """Only durable_file syncs and renames, because a copy could forget to sync the folder.

    Development renames a folder, which its next start makes again after a crash.
    """
    calls = re.compile(r"\bf(?:data)?sync\(|\.rename\(|\bos\.(?:rename|replace)\(|shutil\.move\(")
    allowed = (
        "clients/verify/idvault_verify/durable_file.py",
        "development/idvault_dev/commands/single_process.py",
    )
    expect_none(
        place
        for place in matches(calls)
        if place.startswith(("idvault/", "clients/python/")) and not place.startswith(allowed)
    )


def test_walks_beside_processes_use_folders() -> None:
    """Where processes may be writing, folders are walked and copied by tools/support/folders.py."""
    fragile = re.compile(r"copytree\(|\bos\.walk\(|(?<!_PROTO)\.rglob\(")
    places = [ROOT / "tools", ROOT / "tests" / "journeys", ROOT / "tests" / "support"]
    # The walks themselves, and what walks over files that nobody else writes.
    still = {"folders.py", "generate", "documentation", "log_world.py", "ages_world.py"}
    still |= {"freeze.py", "measured.py", "setup_world.py"}
    checked = [
        path
        for path in written_python()
        if any(place in path.parents for place in places) and not still & set(path.parts)
    ]
    assert len(checked) > 200
    expect_none(
        where(path, number)
        for path in checked
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if fragile.search(line)
    )


def test_nothing_is_left_for_later() -> None:
    """No file contains a mark of unfinished work or a skipped test."""
    marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error", r"pytest\.sk" + "ip"]
    marks += [r"mark\.sk" + "ip", r"mark\.x" + "fail", "importor" + "skip"]
    expect_none(matches(re.compile(r"\b(" + "|".join(marks) + r")\b")))


def test_no_file_names_a_package_index() -> None:
    """No file names a package index: the package source is a setting of the environment."""
    hosts = [
        r"py" + r"pi\.org",
        "python" + r"hosted\.org",
        "npm" + r"js\.",
        "crates" + r"\.io",
        "index" + "-url ?=",
    ]
    expect_none(matches(re.compile("|".join(hosts))))


def test_no_file_names_a_path_of_one_machine() -> None:
    """No file contains an absolute path below a home or working folder."""
    folders = ["work/", "root/", "home/[a-z]", "Users/[A-Za-z]", "tmp/"]
    expect_none(matches(re.compile(r"(?<![\w.\-*})\]/])/(" + "|".join(folders) + ")")))


def test_pages_that_are_named_exist() -> None:
    """Every page that a comment names exists in the project."""
    pages = {path.name for path in tracked() if path.suffix == ".md"}
    named = re.compile(r"\b[\w-]+\.md\b")
    expect_none(
        f"{where(path, number)} {name}"
        for path in written_python()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        for name in named.findall(line)
        if name not in pages
    )


# What a folder of tests covers that has not the name of a folder of the service.
COVERS = {
    "api": "a kind of file, and core/edge",
    "attest": "verify/attest",
    "bootstrap": "processes/bootstrap",
    "cli": "processes/cli",
    "development": "the package idvault_dev",
    "domain": "rules, and the values of verify",
    "flows": "acts",
    "notifier": "processes/notifier",
    "storage": "stores, and core/db",
    "telemetry": "core/telemetry",
    "transparency": "verify/transparency",
    "witness": "processes/witness",
    "workers": "core/loop",
}


def test_tests_mirror_the_house() -> None:
    """Each test folder is named after a package or listed above, except those that cover several."""
    shared = {"support", "resilience", "performance", "vectors", "journeys", "clients", "scripts"}
    shared |= {"formats", *COVERS}
    rooms = {path.name for package in PACKAGES for path in package.iterdir() if path.is_dir()}
    folders = {
        path.relative_to(ROOT / "tests").parts[0] for path in tracked() if (ROOT / "tests") in path.parents
    }
    expect_none({name for name in folders if "." not in name} - rooms - shared)


@pytest.mark.process
def test_layers_and_fences_hold() -> None:
    """The import contracts hold: floors, kinds of file, fences of libraries, who may import what opens."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    found = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


# What each folder of tools may import of the others. Tools and scripts import no test: they are programs.
MAY_IMPORT = {
    "support": {"support"},
    "demo": {"support", "demo"},
    "bench": {"support", "bench"},
    "torture": {"support", "demo", "torture"},
}


def backwards(path: Path) -> Iterator[str]:
    """Find the imports of a file in tests/, tools/ or scripts/ that go the wrong way."""
    top, second, *_ = path.relative_to(ROOT).parts
    allowed = MAY_IMPORT.get(second) if top == "tools" else None
    for line, module in source.read(path).imports:
        package, _, rest = module.partition(".")
        first = rest.partition(".")[0]
        wrong = package == "tools" and allowed is not None and first not in allowed
        wrong |= package == "tests" and top != "tests"
        wrong |= package == "tests" and second == "support" and first != "support"
        wrong |= top == "tests" and (package == "scripts" or module.startswith("importlib.util"))
        if wrong:
            yield f"{where(path, line)} {module}"


def test_imports_between_scripts_and_tests_go_one_way() -> None:
    """Scripts and tests import tools, never the other way round; shared test code imports no single test."""
    places = (ROOT / "tests", ROOT / "tools", ROOT / "scripts")
    checked = [path for path in written_python() if any(place in path.parents for place in places)]
    assert len(checked) > 300
    expect_none(found for path in checked for found in backwards(path))


WORLDS = ("tests/support", "tools/support", "tools/torture", "tools/demo")
# A world makes these itself: they are arguments of the functions that wire.
PASSED = {
    "AnswerContext": "a value: what acts take beside the vault",
    "AuditorContext": "what its acts need, of which a test counts and replaces some",
    "ClaimContext": "a value, and what an edge remembers",
    "Custodians": "a value",
    "DayKeys": "a database, as sealing asks for it",
    "ErasureContext": "proofs and terms",
    "ErasureSweep": "a vault, shred keys and what removes their bytes, which a test replaces",
    "HistoryContext": "proofs and terms",
    "InquiryContext": "a value: what acts take beside the vault",
    "IdentityContext": "a value: what acts take beside the vault",
    "KnownModerators": "a vault",
    "LogGuard": "looks at a log that a test lets wait",
    "LogProofs": "looks more often than in production",
    "ObjectionContext": "terms and a sealer",
    "OperatorPolicy": "a value",
    "Publisher": "files and databases that can fail",
    "ReceiptContext": "a value: what acts take beside the vault",
    "Refusals": "a vault and a counter",
    "ReportSources": "a value: where reports are read",
    "Remnants": "both databases",
    "RosterHolder": "a file, and alarms",
    "SecondFactors": "a vault, a sealer and a counter",
    "Sequencer": "files and databases that can fail, and witnesses",
    "SessionContext": "a value: what acts take beside the vault",
    "NoticeContext": "a value: what acts take beside the vault",
    "ContactContext": "a value: what acts take beside the vault",
    "ShredKeys": "a database, as sealing asks for it",
    "StoredLog": "a value: both databases",
    "StrayKeys": "both databases",
    "SettlementContext": "a value: what acts take beside the vault",
    "TipOffContext": "a value: what acts take beside the vault",
    "VersionSweep": "databases and files, as another process has them",
    "TokenContext": "a value: what acts take beside the vault",
    "TipOffPolicy": "a value",
}


ACTS = re.compile(r"idvault\.(?:\w+(?:\.\w+)?\.acts|core\.policy)\.")


def constructed(folder: str) -> dict[str, list[str]]:
    """Find the classes of acts that a folder's files construct, and where."""
    found = defaultdict(list)
    for path in (path for path in written_python() if ROOT / folder in path.parents):
        read = source.read(path)
        flows = {name.rpartition(".")[2] for _, name in read.imports if ACTS.match(name)}
        for line, name in read.calls:
            if name in flows and name[0].isupper():
                found[name].append(where(path, line))
    return found


def test_bootstrap_alone_wires_flows() -> None:
    """A world calls what bootstrap offers; it constructs no flow that bootstrap constructs."""
    wired = constructed("idvault/processes/bootstrap")
    assert len(wired) > 40
    made = [
        (name, place)
        for folder in WORLDS
        for name, places in constructed(folder).items()
        if name in wired
        for place in places
    ]
    expect_none(f"{place} {name}" for name, place in made if name not in PASSED)
    assert PASSED.keys() == {name for name, _ in made}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from idvault.log.acts.stored_log import Reading\nReading(log=1)", ["Reading"]),
        ("from idvault.log.acts import reading\nreading.page(log=1)", []),
        ("from idvault.processes.bootstrap.witness import wire_reading\nwire_reading(log=1)", []),
    ],
)
def test_a_second_wiring_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: list[str]
) -> None:
    """The rule finds a constructed class, beside functions."""
    path = tmp_path / "tests" / "support" / "x_world.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    monkeypatch.setattr(sys.modules[__name__], "written_python", lambda: [path])
    assert list(constructed("tests/support")) == found


REFERENCE = "tools.support.reference"


def borrowed(path: Path) -> Iterator[str]:
    """Find the imports of a file of the reference that are neither its own, Python's nor cryptography."""
    allowed = {*sys.stdlib_module_names, "cryptography"}
    for line, module in source.read(path).imports:
        if module.partition(".")[0] not in allowed and not f"{module}.".startswith(f"{REFERENCE}."):
            yield f"{where(path, line)} {module}"


def test_the_reference_stands_alone() -> None:
    """The second implementation of the formats imports nothing of idvault, and no protobuf."""
    folder = ROOT / REFERENCE.replace(".", "/")
    files = [path for path in written_python() if folder in path.parents]
    assert len(files) > 10
    expect_none(found for path in files for found in borrowed(path))


@pytest.mark.parametrize(
    "text",
    [
        "import idvault",
        "from idvault_verify import seal",
        "import google.protobuf",
        "from tests import support",
    ],
)
def test_a_borrowed_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The rule finds each form of import, beside allowed ones."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "x.py"
    path.write_text(f"import json\nfrom tools.support.reference import tree\n{text}\n")
    assert len(list(borrowed(path))) == 1


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("tests/support/x.py", "from tests.support import builders", False),
        ("tests/support/x.py", "from tools.support import builders", False),
        ("tests/support/x.py", "from tests.flows import test_log", True),
        ("tools/torture/x.py", "import tests.support.house", True),
        ("tools/bench/x.py", "from tools.torture import tally", True),
        ("tools/torture/x.py", "from tools.support import builders", False),
        ("tests/flows/x.py", "from scripts.gen_proto import generate", True),
        ("tests/flows/x.py", "from scripts import gen_proto", True),
        ("tests/flows/x.py", "import importlib.util", True),
        ("tests/flows/x.py", "import tools.torture.tally", False),
        ("scripts/x.py", "from tools.torture import tally", False),
        ("scripts/x.py", "from tests.flows import test_log", True),
    ],
)
def test_a_wrong_import_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, found: bool
) -> None:
    """The import rule finds both forms of a forbidden import."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert bool(list(backwards(path))) is found


OPENS = r"idvault_people\b"
EDGE = r"idvault\.(core\.edge|processes\.services|\w+(\.\w+)?\.api)\b"
NOT_LOADED = {
    "idvault.processes.bootstrap": OPENS,
    "idvault.processes.cli.serve": OPENS,
    # What an edge or a worker does without would only delay its start.
    "idvault.processes.bootstrap.platform_edge": (
        f"{OPENS}|idvault.log.acts.sequencing|idvault.disclosure.acts.auditor"
    ),
    "idvault.processes.cli.work": f"{OPENS}|{EDGE}",
    "idvault.processes.cli.__main__": OPENS,
}


@pytest.mark.process
@pytest.mark.parametrize("module", NOT_LOADED)
def test_the_service_does_not_load_what_opens(module: str) -> None:
    """Importing the service loads, even indirectly, nothing that opens and nothing that it never runs."""
    question = f"import sys, {module}; print(*sorted(m for m in sys.modules if m.startswith('idvault')))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", question],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = answer.stdout.split()
    assert module in loaded
    expect_none(name for name in loaded if re.match(NOT_LOADED[module], name))
