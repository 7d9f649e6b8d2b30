"""The worker publishes whose the entries of a month are, signed; and a stranger finds out who was late."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import delete, update
from typer.testing import CliRunner, Result

from idvault.core.db.statement import param, statement
from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.log import log_misses
from idvault.core.tables.platform import platform_pages
from idvault.log.acts import publication
from idvault.report.acts import platforms as report_platforms
from idvault_verify.commands.app import app
from idvault_verify.error import UnavailableError
from idvault_verify.event import EventType
from idvault_verify.period import month_of
from idvault_verify.transparency import platforms
from idvault_verify.transparency.platforms import Platforms, PlatformsError
from tests.support.report_world import ReportWorld
from tests.support.site import files_of, serving
from tools.support.fakes.flaky import Fault, Flaky
from tools.support.log_world import KEY, LogWorld

A, B, MODERATOR = "aa" * 16, "bb" * 16, "0123456789abcdef" * 2
REPLY, SOLUTION = EventType.TIP_OFF_MISS_REPLY, EventType.TIP_OFF_MISS_SOLUTION
PUBLISHED = "2026-11-01T00:15"
FILES = [
    "2026-10.json",
    "2026-10.note",
    "2026-10.platforms.json",
    "2026-10.platforms.note",
    *(
        f"2026-10.{name}{language}.html"
        for name in ("", "platform-a.", "platform-b.")
        for language in ("en", "zh")
    ),
]


@pytest.fixture
def world(log_world: LogWorld) -> ReportWorld:
    return ReportWorld(log_world)


async def october(world: ReportWorld) -> None:
    """Let two platforms work in October, of which one is late, also for what was filed in September."""
    await world.platform("platform-a", A, title="某平台", moderator=MODERATOR)
    await world.platform("platform-b", B)
    await world.platform("platform-c", "cc" * 16)
    await world.missed(REPLY, "2026-10-03T00:00", "platform-a", filed="2026-09-25T10:00", count=2)
    await world.missed(SOLUTION, "2026-10-03T00:00", "platform-a", filed="2026-09-30T23:59")
    await world.missed(REPLY, "2026-10-20T00:00", "platform-a", filed="2026-10-12T00:00")
    await world.events(EventType.TIP_OFF_FILE, "2026-10-12T00:00", 3, actor_id=A)
    await world.events(EventType.TIP_OFF_FILE, "2026-10-12T00:00", 2, actor_id="ee" * 16)
    await world.events(EventType.SANCTION_WARN_IMPOSE, "2026-10-13T00:00", 4, actor_id=MODERATOR[::-1])
    await world.events(EventType.SANCTION_WARN_IMPOSE, "2026-10-13T00:00", 1, actor_id=B)
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-01T00:05", 1)
    await world.missed(REPLY, "2026-11-01T00:05", "platform-b", filed="2026-10-24T10:00")
    await world.sequence()


def folder(world: ReportWorld) -> Path:
    return world.log.folder / "report"


def published(world: ReportWorld, month: str = "2026-10") -> Platforms:
    """Return the published file, whose note must be its own."""
    data = (folder(world) / f"{month}.platforms.json").read_bytes()
    platforms.verify(data, (folder(world) / f"{month}.platforms.note").read_bytes(), KEY)
    return platforms.parse(data)


async def test_a_month_says_whose_its_entries_are(world: ReportWorld) -> None:
    """By registered name: actor ids that wrote, their entries by figure, and misses by month of filing."""
    await october(world)
    await world.publish(PUBLISHED)
    found = published(world)
    assert found.report == sha256((folder(world) / "2026-10.json").read_bytes()).hexdigest()
    assert list(found.platforms) == ["platform-a", "platform-b"]
    late, other = found.platforms.values()
    assert (late.title, late.actors) == ("某平台", tuple(sorted((A, MODERATOR[::-1]))))
    assert late.acts == {"tip_offs.filed": 3, "sanctions.imposed": 4, "sanctions.warned": 4}
    assert late.missed == {
        "tip_offs.reply_missed": {"2026-09": 2, "2026-10": 1},
        "tip_offs.solution_missed": {"2026-09": 1},
    }
    assert (other.title, other.actors, other.missed) == ("", (B,), {})
    assert found.unnamed == {}
    assert sorted(path.name for path in folder(world).iterdir()) == sorted(FILES)


async def test_what_was_missed_so_far_is_read_from_the_log(world: ReportWorld) -> None:
    """By platform and figure, of that month alone, as its file will say it; also before it is sequenced."""
    await october(world)
    await world.missed(REPLY, "2026-11-02T00:05", "platform-c", filed="2026-10-25T10:00")
    found = {
        name: await report_platforms.missed_by_platform(world.sources(), month_of(date.fromisoformat(day)))
        for name, day in (("september", "2026-09-30"), ("october", "2026-10-31"), ("november", "2026-11-01"))
    }
    assert found["october"] == {"platform-a": {"tip_offs.reply_missed": 3, "tip_offs.solution_missed": 1}}
    assert found["september"] == {}
    assert set(found["november"]) == {"platform-b", "platform-c"}
    await world.publish(PUBLISHED)
    assert published(world).platforms["platform-a"].total() == found["october"]["platform-a"]


async def test_a_miss_is_shown_where_it_fell_due_with_words(world: ReportWorld) -> None:
    """In both languages: all that fell due in the month, and how much of it was filed when."""
    await october(world)
    await world.publish(PUBLISHED)
    for language, words in (
        (
            "en",
            ("✓ Missed, fell due in 2026-10", "Of these, filed in 2026-10", "Of these, filed before 2026-10"),
        ),
        ("zh", ("✓ 逾期，于2026年10月到期", "其中于2026年10月提出", "其中在2026年10月之前提出")),
    ):
        page = unescape((folder(world) / f"2026-10.platform-a.{language}.html").read_text("utf-8"))
        assert all(each in page for each in words)
        assert '<td class="number">3</td><td class="number">1</td><td class="number">2</td>' in page
        heading = {"zh": "某平台（platform-a） 2026年10月", "en": "某平台 (platform-a) 2026-10"}[language]
        assert heading in page
        assert "<script" not in page
        whole = unescape((folder(world) / f"2026-10.{language}.html").read_text("utf-8"))
        assert f'href="2026-10.platform-a.{language}.html"' in whole


async def test_a_name_that_changes_later_changes_no_entry(world: ReportWorld) -> None:
    """The next month has the new title; log and files of the month before stay as they are."""
    await october(world)
    await world.publish(PUBLISHED)
    data = (folder(world) / "2026-10.platforms.json").read_bytes()
    await world.title("platform-a", "别的名称")
    await world.events(EventType.TIP_OFF_FILE, "2026-11-12T00:00", 3, actor_id=A)
    await world.sequence()
    await world.publish("2026-12-01T00:15")
    assert (folder(world) / "2026-10.platforms.json").read_bytes() == data
    november = published(world, "2026-11")
    assert november.platforms["platform-a"].title == "别的名称"
    assert november.platforms["platform-b"].missed == {"tip_offs.reply_missed": {"2026-10": 1}}


async def test_old_entries_name_nobody(world: ReportWorld) -> None:
    """A log that was begun before: its misses are counted, apart, and the month verifies."""
    await october(world)
    await world.events(REPLY, "2026-10-02T00:00", 5)
    await world.sequence()
    await world.publish(PUBLISHED)
    found = published(world)
    assert found.unnamed == {"tip_offs.reply_missed": 5}
    assert found.platforms["platform-a"].total()["tip_offs.reply_missed"] == 3
    result = checked(world, world.log.folder)
    assert result.exit_code == 0
    assert "missed by platforms that no entry names: tip_offs.reply_missed 5\n" in result.stdout


STEPS = [("replace", 1), ("replace", 2), *(("write", place) for place in range(1, 9))]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
@pytest.mark.parametrize(("operation", "place"), STEPS)
async def test_a_worker_that_is_cut_off_is_completed(
    world: ReportWorld, fault: Fault, operation: str, place: int
) -> None:
    """Before and after each file: another worker leaves the same files, and none is ever written twice."""
    await october(world)
    failing = Flaky(world.files)
    for _ in range(place - 1):
        failing.plant(operation, Fault.NONE)
    failing.plant(operation, fault)
    with pytest.raises(UnavailableError):
        await world.publish(PUBLISHED, files=cast(LocalPublicFiles, failing))
    left = {path.name: path.read_bytes() for path in folder(world).glob("*")}
    await world.title("platform-a", "later")
    await world.publish("2026-11-02T00:00")
    assert left.items() <= {path.name: path.read_bytes() for path in folder(world).iterdir()}.items()
    assert sorted(path.name for path in folder(world).iterdir()) == sorted(FILES)
    published(world)
    assert checked(world, world.log.folder).exit_code == 0


async def test_nothing_signed_contradicts_the_log(world: ReportWorld) -> None:
    """A database that lacks a month of filing, or has other entries than the report, gives no file."""
    await october(world)
    await world.log.do(delete(log_misses))
    await world.publish(PUBLISHED)
    assert sorted(path.name for path in folder(world).iterdir()) == [
        "2026-10.en.html", "2026-10.json", "2026-10.note", "2026-10.zh.html",
    ]  # fmt: skip
    assert checked(world, world.log.folder).exit_code == 0


def checked(world: ReportWorld, copy: Path, *options: str) -> Result:
    """Check October's report of a copy of the public directory."""
    report = copy / "report" / "2026-10.json"
    arguments = ["check-report", str(report), "--log", str(copy), "--public-key", str(KEY), *options]
    return CliRunner().invoke(app, arguments)


async def test_a_stranger_names_the_late_provider(world: ReportWorld, tmp_path: Path) -> None:
    """With the public directory alone, mirrored from a web server: who was late, and every figure again."""
    await october(world)
    await world.publish(PUBLISHED)
    await publication.publish_index(world.files)
    copy = tmp_path / "copy"
    with serving() as site:
        site.files = files_of(world.log.folder)
        mirrored = CliRunner().invoke(
            app, ["mirror-log", str(copy), "--from", site.url, "--public-key", str(KEY), "--unwitnessed"]
        )
    assert mirrored.exit_code == 0, mirrored.output
    result = checked(world, copy)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [each for each in lines if each.startswith("missed")] == [
        "missed by platform-a: tip_offs.reply_missed 3 (stated: filed 2026-09: 2, 2026-10: 1)",
        "missed by platform-a: tip_offs.solution_missed 1 (stated: filed 2026-09: 1)",
    ]
    assert "platforms: 7 figures of 2 platforms recomputed" in lines
    found = json.loads(checked(world, copy, "--json").stdout)
    assert found["late"] == {"platform-a": {"tip_offs.reply_missed": 3, "tip_offs.solution_missed": 1}}
    assert (found["unnamed"], found["platforms"]) == ({}, ["platform-a", "platform-b"])
    for path in (copy / "report").glob("*platforms*"):
        path.unlink()
    bare = checked(world, copy)
    assert "missed by platform-a: tip_offs.reply_missed 3" in bare.stdout.splitlines()
    missing = "there is no 2026-10.platforms.json beside the report: no platform's numbers were checked\n"
    assert missing in bare.stderr
    assert missing not in result.stderr


FORGED: dict[str, Any] = {
    "a miss less": {"missed": {"tip_offs.reply_missed": {"2026-09": 2}}},
    "a miss more": {"missed": {"tip_offs.reply_missed": {"2026-09": 2, "2026-10": 2}}},
    "no miss": {"missed": {}},
    "a miss that was filed later": {
        "missed": {
            "tip_offs.reply_missed": {"2026-09": 2, "2026-11": 1},
            "tip_offs.solution_missed": {"2026-09": 1},
        }
    },
    "another actor": {"actors": (A,)},
    "no actor": {"actors": ()},
    "an act more": {"acts": {"tip_offs.filed": 4, "sanctions.imposed": 4, "sanctions.warned": 4}},
    "no act": {"acts": {}},
    "a figure that nobody knows": {"acts": {"x": 1}},
}


@pytest.mark.parametrize("change", FORGED)
async def test_no_number_of_a_platform_can_be_forged(world: ReportWorld, change: str) -> None:
    """Although the log's key signs the file: exit code 7."""
    await october(world)
    await world.publish(PUBLISHED)
    found = published(world)
    changed = replace(found.platforms["platform-a"], **FORGED[change])
    assert forged(world, replace(found, platforms={**found.platforms, "platform-a": changed})) == (
        7, "FORGED_PLATFORM",
    )  # fmt: skip


async def test_no_late_platform_can_be_left_out(world: ReportWorld) -> None:
    """Nor can it be called by another name, nor its misses nobody's, nor the file be of another report."""
    await october(world)
    await world.publish(PUBLISHED)
    found = published(world)
    late, other = found.platforms.values()
    for given in ({"platform-b": other}, {"platform-c": late, "platform-b": other}):
        assert forged(world, replace(found, platforms=given)) == (7, "FORGED_PLATFORM")
    assert forged(world, replace(found, unnamed={"orders.missed": 1})) == (7, "FORGED_PLATFORM")
    assert forged(world, replace(found, report="0" * 64)) == (7, "OTHER_REPORT")


async def test_no_file_is_published_that_no_reader_takes(world: ReportWorld) -> None:
    """What is published stays for ever: a title of a wrong form stops the month until it is corrected."""
    await october(world)
    title = update(platform_pages).where(platform_pages.c.name == "platform-a")
    write = statement(title.values(title=param("title")))
    database = world.log.main
    await database.act("test", lambda one: one.run(write, title="a\u200bb"))
    with pytest.raises(PlatformsError, match="title"):
        await world.publish(PUBLISHED)
    assert not (folder(world) / "2026-10.platforms.json").exists()
    await database.act("test", lambda one: one.run(write, title="某平台"))
    await world.publish(PUBLISHED)
    assert published(world).platforms["platform-a"].title == "某平台"


async def test_the_file_is_the_log_s_own(world: ReportWorld) -> None:
    """Without its note, under another's, or unreadable, it proves nothing: exit code 5."""
    await october(world)
    await world.publish(PUBLISHED)
    data, beside = (folder(world) / f"2026-10.platforms.{end}" for end in ("json", "note"))
    whole, its_note = data.read_bytes(), beside.read_bytes()
    beside.unlink()
    assert checked(world, world.log.folder).exit_code == 5
    beside.write_bytes(its_note)
    data.write_bytes(whole + b" ")
    assert checked(world, world.log.folder).exit_code == 5
    data.write_bytes(b"{}")
    beside.write_bytes(platforms.sign(b"{}", world.signer))
    assert checked(world, world.log.folder).exit_code == 5


def forged(world: ReportWorld, made: Platforms) -> tuple[int, str]:
    """Let the log's key sign another file of October's platforms; return what the check says."""
    data = made.to_bytes()
    (folder(world) / "2026-10.platforms.json").write_bytes(data)
    (folder(world) / "2026-10.platforms.note").write_bytes(platforms.sign(data, world.signer))
    result = checked(world, world.log.folder, "--json")
    return result.exit_code, json.loads(result.stderr.splitlines()[-1])["error"]["reason"]
