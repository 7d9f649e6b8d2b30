"""The documents match the code: identities, the first call, decisions, retention, links."""

import os
import re
import uuid
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import idvault_client
from idvault.erasure.rules import ErasureTerms
from idvault.processes.retention import rules as retention_rules
from idvault.registry.nppa import NppaStatus as Answer
from idvault_client import FailureReason, InvalidFields, Status, Verification
from idvault_client.public_accounts import PublicAccountCategory, PublicAccountState, ReaderProfile
from idvault_dev.mock_registry import fixtures
from idvault_verify.account import AccountState, Assurance, Standing, SubjectKind
from idvault_verify.claim import ClaimState
from tools.demo.__main__ import Demo

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TOKEN = "acct_" + "0" * 26


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_sandbox_identities_are_those_of_the_registry() -> None:
    """The table in the README is exactly what the mock registry answers."""
    answers = {Answer.VERIFIED: "verified", Answer.IN_PROGRESS: "in progress"}
    expected = [[name, number, answers[status]] for (name, number), (status, _) in fixtures.PEOPLE.items()]
    assert rows(README, "Sandbox identities") == expected


@pytest.mark.process
def test_the_demo_does_what_the_readme_shows(tmp_path: Path) -> None:
    """The steps in the README are those of the demo, in order."""
    named = [name for name, _ in Demo(state=tmp_path / "state", scratch=tmp_path).steps()]
    assert re.findall(r"^ok \d+ (.*)$", README, re.MULTILINE) == named
    assert f"demo: {len(named)} steps passed, 0 skipped" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to a file of the project leads to an existing file."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(page: Path) -> None:
    """Each file or folder of the project that a page names is there; what ends with / is a folder."""
    assert lost(page.read_text("utf-8") if page.name != "CHANGELOG.md" else "") == []


def lost(text: str) -> list[str]:
    """Return the names of files and folders that do not exist; a format's name ends with its version."""
    house = "clients|development|docs|idvault|proto|scripts|tests|tools"
    named = re.findall(rf"`((?:{house})/[\w./-]*)(?:::\w+)?`", text)
    return [
        name
        for name in named
        if not re.search(
            r"/v\d+$|/subscription\b", name
        )  # the capability that CONTRIBUTING adds as an example
        and not ((ROOT / name).is_dir() if name.endswith("/") else (ROOT / name).exists())
    ]


def test_a_name_of_nothing_is_noticed() -> None:
    """A file named as a folder, a file that is gone; formats and real files are not."""
    assert lost(
        "`idvault/report/rules.py/` `idvault/report/rules.py` `idvault/evidence/v2` `tests/gone.py::test_a`"
    ) == [
        "idvault/report/rules.py/",
        "tests/gone.py",
    ]


def test_every_attack_names_a_test_that_exists() -> None:
    """Each line of the table of attacks names test files, and test functions of them."""
    table = rows((ROOT / "docs" / "threat-model.md").read_text("utf-8"), "Attacks and their tests")
    assert len(table) > 40
    named = [re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", test) for *_, test in table]
    assert [
        line for line, tests in zip(table, named, strict=True) if not tests and line[3] != "the same"
    ] == []
    for file, function in (each for tests in named for each in tests):
        text = (ROOT / file).read_text("utf-8")
        assert not function or f"def {function}(" in text, f"{file} has no {function}"


def test_contributors_are_told_of_what_exists() -> None:
    """Each script that the page names exists, and its floors are those that the contract holds."""
    scripts = [ROOT / name for name in re.findall(r"[` ]((?:scripts|\.ci)/\w+(?:\.py)?)", CONTRIBUTING)]
    assert scripts
    assert [path for path in scripts if not os.access(path, os.R_OK if path.suffix else os.X_OK)] == []
    told = "processes\n" + CONTRIBUTING.split("```\nprocesses\n")[1].split("```")[0]
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", "utf-8")
    floors = contracts["importlinter:contract:floors"]["layers"].strip()
    assert re.sub(r" \(.*?\)", "", told).split("\n") == [*floors.split("\n"), ""]


def test_contributors_are_told_of_every_part() -> None:
    """The floors name each part with a folder of its own; a table has the folders that are no capability."""
    told = CONTRIBUTING.split("```\nprocesses\n")[1].split("```")[0]
    others = {"core", "sealing", "registry", "web", "processes"}
    kinds = {"rules", "ports", "store", "acts", "api"}
    parts = {
        path.parent.name
        for path in (ROOT / "idvault").glob("*/*/*.py")
        if path.stem in kinds and path.parent.name not in kinds and path.parts[-3] not in others
    }
    assert set(", ".join(re.findall(r"\((.*?)\)", told)).split(", ")) == parts
    told_of = " ".join(names for names, *_ in rows(CONTRIBUTING, "Where things go"))
    assert others <= set(re.findall(r"`(\w+)/", told_of))


def test_contributors_are_shown_a_real_act() -> None:
    """The lines of the example are those of the code, without its docstring."""
    (example,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
    code = (ROOT / "idvault" / "sanction" / "operation" / "acts.py").read_text("utf-8")
    assert example in re.sub(r'    """.*?"""\n', "", code, flags=re.DOTALL)


def test_every_decision_is_listed() -> None:
    """The list of decisions has each page with its title."""
    folder = ROOT / "docs" / "adr"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    pages = sorted(folder.glob("[0-9]*.md"))
    assert [(name, title) for _, name, title in listed] == [
        (page.name, page.read_text("utf-8").splitlines()[0].partition(": ")[2]) for page in pages
    ]
    assert [number for number, name, _ in listed if not name.startswith(number)] == []


class Form:
    """A sign-up form that records what it shows."""

    def __init__(self) -> None:
        self.name, self.number = "某一一", "110000190101010001"
        self.id, self.user = uuid.uuid4(), "nickname"
        self.agreed_at = datetime.now(UTC)
        self.shown: Any = None

    def show(self, what: Any) -> None:
        self.shown = what


class Page:
    """The call in the README, with a vault that gives the prepared answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Verification]) -> None:
        """Run the lines; record calls, attached users and postponed claims."""
        self.calls: list[dict[str, Any]] = []
        self.attached: list[tuple[Any, ...]] = []
        self.put_off: list[tuple[Any, ...]] = []
        self.profiles: dict[str, ReaderProfile] = {}
        self._answer = answer
        monkeypatch.setattr(idvault_client, "connect", lambda target, *, tls: self)
        self._names: dict[str, Any] = {"users": self, "later": lambda *given: self.put_off.append(given)}
        (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        exec(compile(source, "README.md", "exec"), self._names)  # noqa: S102 - the page's own lines are the subject

    def sign_up(self, form: Form) -> None:
        """Call the page's function."""
        self._names["sign_up"](form)

    @property
    def statuses(self) -> Any:
        """The public account that is shown."""
        return SimpleNamespace(public_account=lambda found: SimpleNamespace(profile=self.profiles[found]))

    def verify_individual(self, name: str, document: Any, **given: Any) -> Verification:
        self.calls.append({"name": name, "number": document.number, **given})
        return self._answer()

    def get_verification(self, request_id: Any) -> Verification:
        return self._answer()

    def attach(self, user: str, token: str, *, badge: bool) -> None:
        self.attached.append((user, token, badge))


def verification(state: ClaimState, reason: FailureReason = FailureReason.UNSPECIFIED) -> Verification:
    """Make an answer of the vault."""
    verified = state is ClaimState.SUCCEEDED
    status = Status(
        account_token=TOKEN,
        subject_kind=SubjectKind.INDIVIDUAL,
        state=AccountState.VERIFIED if verified else AccountState.PENDING,
        standing=Standing.GOOD,
        assurance=Assurance.REGISTRY_MATCH if verified else Assurance.NONE,
        revision=1,
        verify_date=None,
        expire_date=None,
    )
    wait = timedelta(seconds=3) if state is ClaimState.PENDING else timedelta()
    return Verification(str(uuid.uuid4()), TOKEN, state, status, reason, wait)


def test_the_ten_lines_attach_a_verified_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confirmed person is attached with a badge, and the form's id was the request id."""
    page, form = Page(monkeypatch, lambda: verification(ClaimState.SUCCEEDED)), Form()
    page.sign_up(form)
    assert page.attached == [("nickname", TOKEN, True)]
    assert page.put_off == []
    assert [call["request_id"] for call in page.calls] == [form.id]


def test_the_ten_lines_ask_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiting claim is attached without a badge and queried later by its id."""
    page, form = Page(monkeypatch, lambda: verification(ClaimState.PENDING)), Form()
    page.sign_up(form)
    assert page.attached == [("nickname", TOKEN, False)]
    assert page.put_off == [(timedelta(seconds=3), page.get_verification, form.id)]


def test_the_ten_lines_show_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mismatch is shown in the user's language and attaches nobody."""
    page, form = Page(monkeypatch, lambda: verification(ClaimState.FAILED, FailureReason.MISMATCH)), Form()
    page.sign_up(form)
    assert form.shown == FailureReason.MISMATCH.text("zh")
    assert page.attached == []


def test_the_ten_lines_show_wrong_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed number is shown beside its field and attaches nobody."""

    def refuse() -> Verification:
        raise InvalidFields(
            reason="INVALID_DOCUMENT_NUMBER",
            code="INVALID_ARGUMENT",
            fields={"document.number": "CHECK_DIGIT"},
        )

    page, form = Page(monkeypatch, refuse), Form()
    page.sign_up(form)
    assert set(form.shown) == {"document.number"}
    assert page.attached == []


def test_the_badge_of_a_public_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Category and standing, with a tick while it publishes, and otherwise its state."""
    page = Page(monkeypatch, lambda: verification(ClaimState.PENDING))
    media, active = PublicAccountCategory.MEDIA, PublicAccountState.ACTIVE
    shown = ReaderProfile("a", None, media, None, active, Standing.WARNED, None, None, 1, None, None)
    page.profiles = {
        "a": shown,
        "b": replace(shown, state=PublicAccountState.CLOSED, standing=Standing.CLOSED),
    }
    badge = page._names["public_badge"]
    assert [badge(found) for found in "ab"] == ["✓ MEDIA WARNED", "CLOSED MEDIA CLOSED"]


def test_the_page_of_retention_is_what_the_program_says() -> None:
    """The table has every rule under the usual terms, in the program's words."""
    page = (ROOT / "docs" / "retention.md").read_text("utf-8")
    cells = [line.replace("`", "").strip("|").split("|") for line in page.splitlines() if line[:2] == "| "]
    expected = [
        [rule.what, rule.kept, rule.why, rule.enforced_by, rule.setting]
        for rule in retention_rules.table(ErasureTerms())
    ]
    assert [[cell.strip() for cell in row] for row in cells[1:]] == expected
