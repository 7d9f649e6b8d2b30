"""The pages of registered names, over the vault's own commands: keys, last days, usage, limits."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from idvault.core.act import SYSTEM
from idvault.core.usage import UsageBatch
from idvault.platform import acts as platform_acts
from idvault.platform.usage import acts as usage_acts
from idvault_client.pages import rendering
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.operator import platforms
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.operator.vault_commands import CommandEnd
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import Visit
from idvault_verify.attest.people import roster_member
from idvault_verify.session import Proof
from tests.clients.console.operator.test_today import red
from tests.support.console import Seen, Visitor
from tests.support.operator_room import OperatorRoom


async def test_what_ends_soon_comes_first(office: OperatorRoom) -> None:
    """Names are sorted by the last day of their certificate; who ends next week stands on the first page."""
    await office.register("im")
    await office.register("moments", days=6)
    await office.register("mail", days=25)
    await office.register("watcher", role="monitor", days=None)
    visitor = await office.enter()
    today = await visitor.get("/")
    assert "The certificate of moments ends on" in today.words
    assert "in 6 days" in today.words
    assert "The certificate of mail" not in today.words
    assert today.words.index("Certificates that end first Name") < today.words.index("Changed in the last")
    assert today.words.count("key registered") == 4
    office.ahead = timedelta(days=8)
    assert "No key was registered or revoked." in (await visitor.get("/")).words
    office.ahead = timedelta()
    listed = await visitor.get("/platforms")
    order = [listed.words.index(f"{name} ") for name in ("moments", "mail", "im", "watcher")]
    assert order == sorted(order)
    assert "not known here" in listed.words


async def test_a_key_in_place_of_another_calms(office: OperatorRoom) -> None:
    """A name whose second certificate lasts is not urgent; if that one's key is revoked, it is again."""
    first = await office.register("im", days=3)
    (office.certificates / "first.pem").write_bytes(first.certificate)
    later = await office.register("im", days=90)
    visitor = await office.enter()
    today = await visitor.get("/")
    assert "The certificate of im ends" not in today.words
    kept = f"The certificate of the key {first.spki[:8]} of im ends on"
    assert kept in today.words
    assert "whether im has called with it is not known here" in today.words
    assert f"{kept}" in (await visitor.get("/platforms/im")).words
    await platform_acts.revoke(office.room.vault, SYSTEM, office.room.now(), "im", later.spki)
    assert "in 3 days" in (await visitor.get("/?fresh=1")).words
    assert "key revoked im" in (await visitor.get("/")).words
    page = await visitor.get("/platforms/im")
    assert 'href="/platforms/im">Open im' not in page.text
    assert page.words.count("Revoked key") == 1
    assert page.words.index("Valid key") < page.words.index("Revoked key")
    assert roster_member.grouped(later.spki) in page.words


async def test_a_moderators_desk_is_no_platform(office: OperatorRoom) -> None:
    """Its platform looks after its certificate: it is in no figure, and has its platform beside its name."""
    await office.register("im")
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    state = json.loads(end.out)
    moderators = {"name": "0529" * 8, "role": "moderator", "platform": "im", "spki": "ab" * 32}
    state["platforms"].append({**state["platforms"][0], **moderators})
    office.replaced["overview"] = CommandEnd(0, json.dumps(state), "")
    visitor = await office.enter()
    assert "Certificates whose last day is not known here" not in (await visitor.get("/")).words
    assert "05290529… Moderator's desk of im" in (await visitor.get("/platforms")).words
    platform = await visitor.get("/platforms/im")
    assert "Moderators' desks Moderator Certificate ends 05290529… not known here" in platform.words
    office.replaced.clear()
    assert "No moderator's desk is registered yet." in (await visitor.get("/platforms/im?fresh=1")).words


async def test_a_key_without_a_certificate_makes_its_end_unknown(office: OperatorRoom) -> None:
    """Beside a certificate that ended, a newer one may be valid: it is asked for, and nothing is urgent."""
    await office.register("im", days=2)
    await office.register("im", days=None)
    office.ahead = timedelta(days=5)
    visitor = await office.enter()
    today = await visitor.get("/")
    assert "The certificate of im ended" not in today.words
    assert "Certificates whose last day is not known here 1" in today.words
    assert '<li class="amber"><a href="/platforms">Certificates whose last day' in today.text
    page = await visitor.get("/platforms/im")
    assert "calls are refused" not in page.words
    assert "add a copy of each certificate that is not known here" in page.words
    assert "not known here" in (await visitor.get("/platforms")).words


async def test_the_last_days_in_words(office: OperatorRoom) -> None:
    """An end that has passed is told on the first page; without a valid certificate nobody calls."""
    await office.register("im", days=2)
    office.ahead = timedelta(days=3)
    visitor = await office.enter()
    assert "has ended" in (await visitor.get("/platforms")).words
    assert "ended on" in (await visitor.get("/")).words


def test_days_are_those_of_the_calendar() -> None:
    """In the vault's zone: on the first a certificate of the seventh ends in six days, at any hour."""
    zone, said = ZoneInfo("Asia/Shanghai"), rendering.saying({**CONSOLE, **MEMBER, **OPERATOR}, "en")
    visit, ends = Visit(language="en", say=said), datetime(2026, 12, 7, 1, tzinfo=zone)
    for now, words in (
        (datetime(2026, 12, 1, 0, 30, tzinfo=zone), "in 6 days"),
        (datetime(2026, 12, 1, 23, 30, tzinfo=zone), "in 6 days"),
        (datetime(2026, 12, 6, 23, 30, tzinfo=zone), "tomorrow"),
        (datetime(2026, 12, 7, 0, 30, tzinfo=zone), "today"),
        (ends, "has ended"),
    ):
        assert platforms.left(ends, now.astimezone(UTC), visit, zone) == words
    assert platforms.last_day(ends.astimezone(UTC), visit, zone) == "7 December 2026"


async def test_usage_limits_and_what_a_platform_accepts(office: OperatorRoom) -> None:
    """What it used this month, each figure; how the hosted pages call it; the settings that limit it."""
    await office.register("im")
    vault, now = office.room.vault, office.room.now()
    month = f"{now.real + timedelta(hours=8):%Y-%m}"
    counts = {
        ("im", month, "calls/StatusService/GetStatus"): 1_200,
        ("im", month, "calls/VerificationService/VerifyIndividual"): 34,
        ("im", month, "claims/SUCCEEDED"): 30,
        ("im", month, "registry/charged"): 33,
    }
    await usage_acts.add(vault, SYSTEM, now, UsageBatch(process="e" * 32, number=1, counts=counts))
    await platform_acts.present(
        vault, SYSTEM, now, "im", title="Example Chat", origins=("https://chat.example",), colour="#8b5cf6"
    )
    await platform_acts.accept(vault, SYSTEM, now, "im", proofs=[Proof.HOLDER])
    visitor = await office.enter()
    page = await visitor.get("/platforms/im")
    for text in ("1,234", "30", "33", "Example Chat", "#8b5cf6", "https://chat.example", "100,000"):
        assert text in page.words, text
    assert "a proof of presence by a provider" in page.words
    assert "name and number, asked of the registry" not in page.words
    assert "1,234" in (await visitor.get("/platforms")).words
    assert "30 " in (await visitor.get("/")).words


async def test_what_is_used_stands_beside_its_limit(office: OperatorRoom) -> None:
    """In words and as a bar; the first page tells of four fifths, and a figure that is not read is none."""
    await office.register("im")
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    visitor, whole = await office.enter(), json.loads(end.out)
    assert whole["credentials"] == {}
    for used, per_cent, classes, near, reached in (
        (79_999, 79, "due", False, False),
        (80_000, 80, "due soon", True, False),
        (99_999, 99, "due soon", True, False),
        (100_000, 100, "due late", False, True),
        (100_001, 100, "due late", False, True),
    ):
        office.replaced["overview"] = CommandEnd(0, json.dumps({**whole, "credentials": {"im": used}}), "")
        page = await visitor.get("/platforms/im?fresh=1")
        assert f"Status credentials of a platform in a day {used:,} of 100,000" in page.words
        assert f'<progress class="{classes}" value="{per_cent}" max="100"' in page.text
        today = await visitor.get("/")
        assert ("im has used most of its status credentials of today" in today.words) is near, used
        gone = [each for each in red(today) if "im has used all its status credentials of today" in each]
        assert bool(gone) is reached, used
    away = {**whole, "credentials": {"problem": "permission denied"}}
    office.replaced["overview"] = CommandEnd(0, json.dumps(away), "")
    page = await visitor.get("/platforms/im?fresh=1")
    assert ("Not read: the status credentials of today." in page.words, "of 100,000" in page.words) == (
        True,
        False,
    )


async def test_a_platforms_page_has_its_own_deadlines(office: OperatorRoom) -> None:
    """Another platform's are on its own; without any, nothing is to be done, unless that was not read."""
    for name in ("im", "mail"):
        await office.register(name)
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    whole = json.loads(end.out)
    waiting = {"platform": "im", "kind": "orders", "open": 2, "overdue": 1}
    waiting["first_due_time"] = "2026-11-30T01:00:00+00:00"
    deadlines = {**whole["deadlines"], "time": "2026-12-01T01:00:00+00:00", "open": [waiting]}
    office.replaced["overview"] = CommandEnd(0, json.dumps({**whole, "deadlines": deadlines}), "")
    visitor = await office.enter()
    page = await visitor.get("/platforms/im")
    assert "Orders of authorities 2 1 30 Nov 2026, 09:00 UTC+8 24 hours overdue" in page.words
    assert "Nothing is open." in (await visitor.get("/platforms/mail")).words
    unread = {**whole, "deadlines": {"problem": "permission denied"}}
    office.replaced["overview"] = CommandEnd(0, json.dumps(unread), "")
    assert "Nothing is open." not in (await visitor.get("/platforms/mail?fresh=1")).words


async def test_a_name_or_a_key_is_found(office: OperatorRoom) -> None:
    """By a part of the name, and by the start of a key with or without blanks."""
    issued = await office.register("im")
    await office.register("mail")
    visitor = await office.enter()
    for asked in ("ma", roster_member.grouped(issued.spki)[:9].replace(" ", "%20"), issued.spki[:12]):
        found = await visitor.get(f"/platforms?q={asked}")
        assert ("/platforms/im" in found.text, "/platforms/mail" in found.text).count(True) == 1, asked
    assert "No name and no key fits." in (await visitor.get("/platforms?q=%3Cb%3E")).words


async def test_a_copy_of_a_certificate_tells_its_last_day(office: OperatorRoom) -> None:
    """The console keeps it in the operator's folder; another key's certificate and other files are not."""
    issued = await office.register("im", days=None)
    visitor = await office.enter()
    page = await visitor.get("/platforms/im")
    assert "add a copy of each certificate" in page.words
    wrong = await _add(visitor, office.issue("im").certificate)
    assert (wrong.status, "another key than those of im" in wrong.words) == (422, True)
    for asked in ("", "?fresh=1", "?lang=en"):
        assert (await visitor.get(f"/platforms/im/certificate{asked}")).title == "im"
    assert (await _add(visitor, b"-----")).status == 422
    assert (await _add(visitor, issued.key)).status == 422
    added = await _add(visitor, issued.certificate)
    assert (added.status, "in 400 days" in added.words) == (200, True)
    kept = [*(office.folder / "operator-a" / "certificates").iterdir()]
    assert [each.read_bytes() for each in kept] == [issued.certificate]


async def _add(visitor: Visitor, pem: bytes) -> Seen:
    page = await visitor.get("/platforms/im")
    return await visitor.upload("/platforms/im/certificate", page, {"certificate": ("a.pem", pem)})


async def test_what_cannot_be_read_is_said(office: OperatorRoom) -> None:
    """A part that the vault cannot read is a note; commands that do not run are a page with what to do."""
    await office.register("im")
    visitor = await office.enter()
    office.replaced["overview"] = CommandEnd(0, '{"platforms": {"problem": "the disk is full"}}', "")
    page = await visitor.get("/platforms?fresh=1")
    assert (
        page.status,
        "Not read: the registered names. Technical details the disk is full" in page.words,
    ) == (200, True)
    office.replaced["overview"] = CommandEnd(0, "no JSON", "")
    away = await visitor.get("/?fresh=1")
    assert (away.status, "cannot be run from here" in away.words) == (503, True)
    told = '{"error": {"text": "IDVAULT_ROSTER is missing", "reason": "SETTINGS"}}'
    office.replaced["overview"] = CommandEnd(2, "", told)
    refused = await visitor.get("/?fresh=1")
    assert (refused.status, "IDVAULT_ROSTER is missing" in refused.words) == (409, True)


async def test_the_vault_is_asked_now_and_then(office: OperatorRoom) -> None:
    """One command serves the pages of some seconds; "check again" runs it anew."""
    await office.register("im")
    visitor = await office.enter()
    for path in ("/", "/platforms", "/platforms/im", "/"):
        await visitor.get(path)
    assert office.ran.count(("--json", "overview")) == 1
    await visitor.get("/?fresh=1")
    assert office.ran.count(("--json", "overview")) == 2
