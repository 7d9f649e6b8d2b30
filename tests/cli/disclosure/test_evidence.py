"""Commands about evidence: kept by every opening, shown again, listed, exported for a court or a reader."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from idvault_people.commands.disclosure import evidence as verbs
from idvault_verify.commands.app import app
from idvault_verify.event import EventType
from tests.support.commands import Commands, Result
from tests.support.served_chamber import House, house_over
from tools.support import builders
from tools.support.chamber import AUTHORITY, CUSTODIANS, OPERATOR
from tools.support.databases import Databases
from tools.support.evidence_world import opening
from tools.support.log_world import KEY

A, B, C = CUSTODIANS


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def approved(house: House) -> str:
    """Request a record, and let two custodians approve; return the disclosure's id."""
    disclosure_id = await house.request(await house.room.account())
    await house.room.approve(disclosure_id, A, B)
    return disclosure_id


async def opened(house: House, *options: object) -> tuple[str, Result]:
    """Open a record as auditor-a with options."""
    disclosure_id = await approved(house)
    code = house.room.codes.code()
    return disclosure_id, await house.run("auditor-a", "open", disclosure_id, *options, code=code)


def kept_at(result: Result) -> Path:
    """Return the path that an opening printed."""
    (line,) = [line for line in result.out.splitlines() if line.startswith("evidence: ")]
    return Path(line.removeprefix("evidence: "))


async def test_an_opening_keeps_evidence_and_says_when_it_is_the_last(house: House) -> None:
    """The copy is in the identity folder and encrypted; `show` verifies it, `evidence` lists it."""
    disclosure_id, result = await opened(house)
    assert result.last == f"disclosure: {disclosure_id} OPENED"
    assert "this is the last permitted opening" in result.err
    assert "none: this was the last one" in result.err
    assert re.search(r"registry outcome\s+MATCH", result.err)
    path = kept_at(result)
    assert path == house.folder / "auditor-a" / "evidence" / f"{disclosure_id}-1.json"
    assert builders.NAME.encode() not in path.read_bytes()
    shown = await house.run("auditor-a", "show", disclosure_id, "--evidence", path)
    assert (shown.code, shown.last) == (0, f"evidence: {disclosure_id} verified")
    assert builders.NUMBER in shown.err
    told = await house.run("auditor-a", "show", disclosure_id, "--evidence", path, json=True)
    assert json.loads(told.out)["real_name"] == builders.NAME
    other = await house.run("auditor-a", "show", "0" * 32, "--evidence", path)
    assert (other.code, "another disclosure" in other.err) == (5, True)
    listed = await house.run("auditor-a", "evidence")
    assert (listed.code, listed.last) == (0, "evidence: 1 kept, 0 overdue")
    assert str(path) in listed.err
    path.with_name("noise.json").write_bytes(b"noise")
    noise = await house.run("auditor-a", "evidence")
    assert (noise.code, "noise.json is not the evidence" in noise.err) == (5, True)


async def test_overdue_evidence_is_destroyed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its day a file is overdue, and --destroy-overdue destroys it."""
    _, result = await opened(house, "--keep-days", 1)
    path = kept_at(result)
    day = datetime.now(UTC) + timedelta(days=2)
    monkeypatch.setattr(verbs, "now", lambda: day)
    listed = await house.run("auditor-a", "evidence", json=True)
    assert json.loads(listed.out)["overdue"] is True
    assert path.exists()
    destroyed = await house.run("auditor-a", "evidence", "--destroy-overdue")
    assert (destroyed.last, path.exists()) == ("evidence: 1 kept, 1 overdue, destroyed", False)


async def test_no_file_is_overwritten_and_nothing_is_opened_in_vain(house: House) -> None:
    """A path that exists, or has no folder, is refused before the opening; `--no-evidence` keeps nothing."""
    existing = house.folder / "existing"
    existing.write_bytes(b"mine")
    disclosure_id, refused = await opened(house, "--evidence", existing)
    assert (refused.code, existing.read_bytes()) == (4, b"mine")
    assert "exists already" in refused.err
    lost = await house.run(
        "auditor-a", "open", disclosure_id, "--evidence", house.folder / "no" / "x", code="0"
    )
    assert (lost.code, "there is no folder" in lost.err) == (2, True)
    shown = await house.run("auditor-a", "show", disclosure_id, json=True)
    assert json.loads(shown.out)["opened"] == 0
    bare = await house.run(
        "auditor-a", "open", disclosure_id, "--no-evidence", json=True, code=house.room.codes.code()
    )
    assert (json.loads(bare.out)["evidence"], json.loads(bare.out)["openings_left"]) == (None, 0)
    assert not list((house.folder / "auditor-a").glob("evidence/*"))


class Page(HTMLParser):
    """Collects what a page loads, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "link", "iframe", "a"}:
            self.loaded.append(tag)
        self.loaded += [name for name, _ in attrs if name in {"src", "href", "onload"}]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_the_export_for_a_court(house: House) -> None:
    """A page that a judge reads, and beside it the proof file that `check-evidence` verifies."""
    disclosure_id, result = await opened(house)
    court = house.folder / "court"
    arguments = ["export", kept_at(result), "--out", court, "--zone", "Asia/Shanghai"]
    exported = await house.run("auditor-a", *arguments)
    assert (exported.code, exported.last) == (0, f"export: {disclosure_id} written")
    proof, shown = court / f"{disclosure_id}.json", court / f"{disclosure_id}.html"
    assert {path.stat().st_mode & 0o777 for path in (proof, shown)} == {0o600}
    page = Page()
    page.feed(shown.read_text("utf-8"))
    assert page.loaded == []
    for text in (
        builders.NAME, builders.NUMBER, "登记的姓名与号码一致", "name and number belong together",
        "居民身份证", "resident identity card", "Asia/Shanghai", "UTC+8",
        "案 2026-1", "第一条 (synthetic)", "一次核查", "auditor-a",
        f"{A}, {B}", "2 of 3", "3人中的2人", proof.name, sha256(proof.read_bytes()).hexdigest(), str(KEY),
        "not that the service sealed the right person",
    ):  # fmt: skip
        assert text in page.text
    assert not {"MATCH", "RESIDENT_ID"} & {*re.findall(r"[A-Z_]{5,}", page.text)}
    assert not re.search(r"\d\dT\d\d:|\+00:00", page.text)
    checked = CliRunner().invoke(app, ["check-evidence", str(proof), "--public-key", str(KEY)])
    assert checked.stdout.splitlines()[-1] == "check: valid as far as its own roster says"
    again = await house.run("auditor-a", *arguments)
    assert (again.code, "exists already" in again.err) == (4, True)
    for zone in ("Nowhere/Else", "../etc/passwd", "Asia"):
        wrong = await house.run("auditor-a", *arguments[:-1], zone)
        assert (wrong.code, "no zone of this name" in wrong.err) == (2, True), zone


async def test_the_page_obeys_no_text_of_others(house: House) -> None:
    """What an auditor wrote is text on the page: no markup, no control characters."""
    made = await opening(house.room, purpose="<script>alert(1)</script>", case_reference="a&b")
    path = house.folder / "proof.json"
    path.write_bytes(made.proof.to_bytes())
    exported = await house.run("auditor-a", "export", path, "--out", house.folder / "court")
    assert exported.code == 0, exported.err
    page = Page()
    page.feed((house.folder / "court" / f"{made.proof.terms.disclosure_id}.html").read_text("utf-8"))
    assert page.loaded == []
    assert "<script>alert(1)</script>" in page.text
    assert "a&b" in page.text


async def test_the_export_for_a_named_reader(house: House) -> None:
    """Only the reader's keys open the file; the reader exports it from there."""
    disclosure_id, result = await opened(house)
    folder = house.folder / "sent"
    sent = await house.run("auditor-a", "export", kept_at(result), "--out", folder, "--for", C)
    assert (sent.code, sent.last) == (0, f"export: {disclosure_id} written")
    (path,) = folder.iterdir()
    assert path.name == f"{disclosure_id}.{C}.json"
    assert builders.NAME.encode() not in path.read_bytes()
    for name in ("auditor-a", A):
        refused = await house.run(name, "export", path, "--out", folder)
        assert (refused.code, "does not open with your keys" in refused.err) == (5, True)
    read = await house.run(C, "export", path, "--out", folder / "read", json=True)
    assert read.code == 0, read.err
    files = [Path(file) for file in json.loads(read.out)["files"]]
    assert builders.NAME in files[0].read_text("utf-8")
    shown = await house.run(C, "show", disclosure_id, "--evidence", path)
    assert (shown.code, shown.last) == (0, f"evidence: {disclosure_id} verified")
    assert builders.NUMBER in shown.err
    nobody = await house.run("auditor-a", "export", kept_at(result), "--out", folder, "--for", "mallory")
    assert (nobody.code, "not a member of the roster" in nobody.err) == (4, True)
    for name in (OPERATOR, AUTHORITY):
        refused = await house.run("auditor-a", "export", kept_at(result), "--out", folder, "--for", name)
        assert (refused.code, f"{name} is an " in refused.err, "reads no record" in refused.err) == (
            4,
            True,
            True,
        )
        assert not list(folder.glob(f"*.{name}.json"))


async def test_the_evidence_of_a_colleague_s_case(house: House) -> None:
    """A colleague reads it from an export, never from the vault; each refusal says how to get one."""
    disclosure_id, result = await opened(house)
    path, folder = kept_at(result), house.folder / "sent"
    case = await house.run("auditor-b", "show", disclosure_id)
    assert (case.code, "only its auditor sees a case" in case.err) == (4, True)
    assert f"show {disclosure_id} --evidence FILE" in case.err
    sealed = await house.run("auditor-b", "show", disclosure_id, "--evidence", path)
    assert (sealed.code, "its reader is 'auditor-a'" in sealed.err) == (5, True)
    assert "--for NAME" in sealed.err.splitlines()[-1]
    sent = await house.run("auditor-a", "export", path, "--out", folder, "--for", "auditor-b")
    assert sent.code == 0
    (copy,) = folder.iterdir()
    shown = await house.run("auditor-b", "show", disclosure_id, "--evidence", copy)
    assert (shown.code, shown.last) == (0, f"evidence: {disclosure_id} verified")
    for text in (builders.NUMBER, "auditor-a, 示例机构 (synthetic)", f"{A}, {B}"):
        assert text in shown.err
    assert len(await house.room.logged(EventType.DISCLOSURE_OPEN)) == 1
