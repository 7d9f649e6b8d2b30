"""What "my identity" says of an account, by its times and without a vault: timeline, results and banners."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from idvault.web import release
from idvault.web.identity import banners, public_account, timeline
from idvault.web.identity.view import IdentityView
from idvault.web.release import Release
from idvault.web.render import View
from idvault_verify.v1 import (
    common_pb2,
    contest_pb2,
    disavowal_pb2,
    public_account_pb2,
    reinstatement_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    verification_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb
from tests.support.session_world import TITLE
from tools.support.builders import ZONE

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
FILED = reinstatement_pb2.Reinstatement.STATE_FILED
Claim = verification_pb2.Verification
DUE_ROW = re.compile(
    r'<dt>(?:Due|处理期限)</dt><dd>([^<]*)(?:<progress class="due" value="(\d+)"[^>]*></progress>)?</dd>'
)
"""A deadline on a page, and how much of its time its bar says is over."""


def words(language: str = "en", now: datetime = NOW) -> IdentityView:
    """Return the words of a page at a time."""
    found = session_pb2.SessionPage(
        session_id="0" * 32, platform_title=TITLE, return_url="https://chat.example/verified"
    )
    return IdentityView(view=View(language=language, now=now, zone=ZONE), found=found, zone=ZONE)


def claim(ended: datetime, **values: Any) -> pb.PastVerification:
    """Return a verification that ended."""
    made = pb.PastVerification(verification_id="1" * 32, policy_version="terms-3", **values)
    for stamp in (made.open_time, made.agree_time, made.end_time):
        stamp.FromDatetime(ended)
    return made


MATCHED = claim(
    NOW,
    state=Claim.STATE_FAILED,
    failure_reason=Claim.FAILURE_REASON_REPRESENTATIVE_PENDING,
)
COMPANY = common_pb2.AccountStatus(subject_kind=common_pb2.SUBJECT_KIND_ORGANIZATION)


@pytest.mark.parametrize(
    ("language", "proved", "later", "more"),
    [
        ("zh", 14, 15, "法定代表人未在期限内完成本人核验"),
        ("en", 0, 0, "its legal representative must prove it before 15 December 2026"),
        ("zh", 0, 0, "等待法定代表人在2026年12月15日之前完成本人核验"),
        ("zh", 0, 14, "法定代表人未在期限内完成本人核验"),
        ("zh", 1, 14, "随后由法定代表人完成本人核验"),
    ],
)
def test_an_organisations_first_half_is_no_failure(language: str, proved: int, later: int, more: str) -> None:
    """It says before which day the representative is awaited, then that he came, or that he did not.

    proved: after how many days another verification succeeded, 0 for none; one after the term is a new one.
    """
    own = pb.Identity(status=COMPANY, verifications=[MATCHED])
    if proved:
        own.verifications.append(claim(NOW + proved * DAY, state=Claim.STATE_SUCCEEDED))
    said = words(language, NOW + later * DAY)
    told = [(each.text, each.more) for each in timeline.of(own, None, said)]
    title = {"en": "The organisation's details were confirmed", "zh": "单位信息已核对一致"}[language]
    assert told[-1] == (title, more)
    assert said.result(own, MATCHED) == f"{title}{'，' if language == 'zh' else '; '}{more}"
    text = said.verifications(own).text
    assert text is not None
    assert ("not confirmed" in text, "未通过" in text) == (False, False)
    assert ("这不是本单位办理的" in text) == bool(proved)


def stamp(message: Any, **times: datetime) -> Any:
    """Return a message with times."""
    for name, time in times.items():
        getattr(message, name).FromDatetime(time)
    return message


# The end of 16 December in the operator's zone.
DUE = datetime(2026, 12, 16, 16, tzinfo=UTC)


@pytest.mark.parametrize("revoked", [False, True])
def test_an_overdue_contest_is_told_to_its_owner(revoked: bool) -> None:
    """A banner, the state and the timeline; the day that the deadline was, and that it goes on."""
    contest = stamp(contest_pb2.Contest(overdue=True), file_time=NOW, due_time=DUE)
    state = common_pb2.AccountStatus.STATE_REVOKED if revoked else common_pb2.AccountStatus.STATE_VERIFIED
    own = pb.Identity(status=common_pb2.AccountStatus(state=state), contests=[contest])
    said = words("zh", NOW + 30 * DAY)
    told = [each for each in banners.of(own, said) if each.name == "missed"]
    assert [each.title for each in told] == [f"{TITLE}未在期限内对您的异议作出决定"]
    assert ("处理期限为2026年12月16日（含当日）。" in told[0].text, "照常进行" in told[0].text) == (
        True,
        revoked,
    )
    events = [(each.text, each.when) for each in timeline.of(own, None, said)]
    assert events[0] == (f"{TITLE}未在期限内作出决定", "2026年12月16日（含当日）")
    [contest] = own.contests
    contest.overdue, contest.state = False, contest_pb2.Contest.STATE_REJECTED
    stamp(contest, decide_time=DUE)
    # Decided with the deadline or after it: the timeline keeps that, nothing waits any more.
    assert "missed" not in [each.name for each in banners.of(own, said)]
    assert f"{TITLE}未在期限内作出决定" in [each.text for each in timeline.of(own, None, said)]
    stamp(contest, decide_time=DUE - DAY)
    assert f"{TITLE}未在期限内作出决定" not in [each.text for each in timeline.of(own, None, said)]


def test_overdue_appeals_are_told_and_their_state() -> None:
    """An appeal against a sanction and one against the withdrawal, each beside its page."""
    appeal = stamp(
        sanction_pb2.Appeal(state=sanction_pb2.Appeal.STATE_FILED, overdue=True), file_time=NOW, due_time=DUE
    )
    withdrawal = stamp(
        reinstatement_pb2.Reinstatement(state=FILED, overdue=True), file_time=NOW, due_time=DUE
    )
    own = pb.Identity(appeals=[appeal], reinstatements=[withdrawal])
    said = words(now=NOW + 30 * DAY)
    links = [each.links[0][0] for each in banners.of(own, said) if each.name == "missed"]
    assert links == [f"{said.here}/verifications", f"{said.here}/standing"]
    text = said.verifications(own).text
    assert text is not None
    assert ("waits for a decision; overdue" in text, "the end of 16 December 2026" in text) == (True, True)


@pytest.mark.parametrize(
    ("state", "days", "title"),
    [
        ("VERIFIED", 61, ""),
        ("VERIFIED", 60, "认证有效期至2027年1月30日"),
        ("EXPIRED", 0, "认证已于2026年12月1日过期"),
        ("REVOKED", 9, ""),
    ],
)
def test_an_end_is_told_before_and_after(state: str, days: int, title: str) -> None:
    """With the way back to the platform, which verifies again."""
    last = (NOW + (days + 1) * DAY).date().isoformat()
    status = common_pb2.AccountStatus(
        state=common_pb2.AccountStatus.State.Value(f"STATE_{state}"), expire_date=last
    )
    told = [each for each in banners.of(pb.Identity(status=status), words("zh")) if each.name == "ending"]
    assert [each.title for each in told] == [title] * bool(title)
    assert all(each.links[0][0].startswith("https://chat.example/verified?") for each in told)


def test_a_withdrawn_verification_says_why_and_what_then() -> None:
    """Also once no appeal is possible: whose statement it follows, and the way back."""
    status = common_pb2.AccountStatus(state=common_pb2.AccountStatus.STATE_REVOKED)
    [plain] = banners.of(pb.Identity(status=status), words("zh"))
    assert (plain.text, len(plain.links)) == (f"您可以在{TITLE}重新认证。", 1)
    disowned = stamp(disavowal_pb2.Disavowal(state=disavowal_pb2.Disavowal.STATE_SILENT), file_time=NOW)
    [told] = banners.of(pb.Identity(status=status, disavowals=[disowned]), words("zh"))
    assert told.text == f"该账号认证时所用姓名的本人声明此账号不是其本人的。{plain.text}"
    assert told.links[1][0].endswith("/disowned")


def public(state: str, expire: str, change: str = "") -> public_account_pb2.PublicAccount:
    """Return a person's public account."""
    profile = public_account_pb2.PublicProfile(
        public_account_id="a" * 32,
        state=public_account_pb2.PublicProfile.State.Value(f"STATE_{state}"),
        kind=public_account_pb2.PublicProfile.KIND_INDIVIDUAL,
        next_change_date=change,
    )
    return public_account_pb2.PublicAccount(profile=profile, expire_date=expire)


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (public("ACTIVE", "2027-03-01"), ""),
        (public("ACTIVE", "2027-01-01"), "现在可以续期。"),
        (public("GRACE", "2026-11-30"), ""),
        (public("GRACE", "2026-11-30", "2026-12-31"), "最晚2026年12月30日可在此续期"),
    ],
)
def test_a_public_account_is_renewed_by_its_banner(each: public_account_pb2.PublicAccount, told: str) -> None:
    """Once it can be; whose verification is over is led to the platform first."""
    states = common_pb2.AccountStatus
    for state, way in ((states.STATE_VERIFIED, "/renew"), (states.STATE_EXPIRED, "session_id=")):
        own = pb.Identity(status=states(state=state), public_accounts=[each])
        found = [one for one in banners.of(own, words("zh")) if one.name == "unrenewed"]
        assert [told in one.text for one in found] == [True] * bool(told)
        assert all(way in one.links[0][0] for one in found)
        first = f"请先在{TITLE}重新认证"
        assert all((first in one.text) is (state == states.STATE_EXPIRED) for one in found)


def test_times_are_written_in_one_way() -> None:
    """With the zone, by its name in Chinese where it has one; the end of a day is that day."""
    time = datetime(2026, 12, 8, 15, 59, tzinfo=UTC)
    chinese, english = words("zh").view, words().view
    assert chinese.minute(time) == "2026年12月8日 23:59（北京时间）"
    assert english.minute(time) == "8 December 2026, 23:59 UTC+8"
    assert replace(chinese, zone=timezone(timedelta(hours=9))).minute(time) == "2026年12月9日 00:59（UTC+9）"
    assert chinese.deadline(time + timedelta(minutes=1)) == "2026年12月8日（含当日）"
    assert chinese.deadline(time) == chinese.minute(time)


@pytest.mark.parametrize(
    ("sealed", "told"),
    [
        (
            datetime(2026, 9, 1, tzinfo=UTC),
            "2026年9月2日之前，您的信息从未被打开，保管人也从未为此给出份额。",
        ),
        (NOW, "您的信息封存于2026年12月1日，2027年3月2日起才能在此看到有无打开。"),
    ],
)
def test_details_that_were_sealed_since_the_horizon_have_no_history_yet(sealed: datetime, told: str) -> None:
    """It is not said of a time before they existed that they were never opened, but from when on one sees."""
    verified = common_pb2.AccountStatus(
        state=common_pb2.AccountStatus.STATE_VERIFIED, standing=common_pb2.AccountStatus.STANDING_GOOD
    )
    own = pb.Identity(status=verified, verifications=[claim(sealed, state=Claim.STATE_SUCCEEDED)])
    history = status_pb2.DisclosureHistory()
    # The beginning of 2 September in the operator's zone: 90 days before today.
    history.horizon_time.FromDatetime(datetime(2026, 9, 1, 16, tzinfo=UTC))
    for page in (words("zh").disclosures(own, history), words("zh").overview(own, history)):
        assert page.text is not None
        assert told in page.text


def test_a_code_of_a_country_is_its_name() -> None:
    """Whatever else a platform states stays as it is."""
    stated = {"CN": "中国", "all of the platform": "all of the platform"}
    status = common_pb2.AccountStatus(standing=common_pb2.AccountStatus.STANDING_PUBLISHING_LIMITED)
    own = pb.Identity(status=status, sanctions=[sanction(each) for each in stated])
    text = words("zh").standing(own).text
    assert text is not None
    assert all(f"<dd>{each}</dd>" in text for each in stated.values())
    assert "<dd>CN</dd>" not in text


def sanction(territory: str) -> sanction_pb2.Sanction:
    """Return a sanction of the account that is in force."""
    kinds = sanction_pb2.StatementOfReasons
    return sanction_pb2.Sanction(
        sanction_id="2" * 32,
        degree=sanction_pb2.Sanction.DEGREE_LIMIT,
        state=sanction_pb2.Sanction.STATE_IN_FORCE,
        statement=kinds(
            ground=kinds.GROUND_AGAINST_TERMS,
            category=kinds.CATEGORY_RUMOUR,
            origin=kinds.ORIGIN_TIP_OFF,
            detection=kinds.AUTOMATION_NONE,
            decision=kinds.AUTOMATION_NONE,
            territory=territory,
        ),
    )


@pytest.mark.parametrize(
    ("language", "due", "left"),
    [
        ("en", "the end of 16 December 2026", "the end of 16 December 2026 (15 days left)"),
        ("zh", "2026年12月16日（含当日）", "2026年12月16日（含当日），还剩15天"),
    ],
)
def test_what_a_platform_must_still_decide_has_a_bar(language: str, due: str, left: str) -> None:
    """Each kind of objection tells the time that is left; once decided or overdue, the deadline alone."""
    filed = (
        contest_pb2.Contest(verification_id="1" * 32, state=contest_pb2.Contest.STATE_FILED),
        sanction_pb2.Appeal(sanction_id="2" * 32, state=sanction_pb2.Appeal.STATE_FILED),
        reinstatement_pb2.Reinstatement(state=FILED),
        disavowal_pb2.Disavowal(state=disavowal_pb2.Disavowal.STATE_PROPOSED),
    )
    for each in filed:
        stamp(each, file_time=DUE - 20 * DAY, due_time=DUE)

    def shown(now: datetime) -> list[tuple[str, str]]:
        """Return the deadlines on the page of each kind, with how much of each bar is full."""
        contest, appeal, withdrawal, disavowal = filed
        said, status = words(language, now), common_pb2.AccountStatus
        good = status(standing=status.STANDING_GOOD)
        verified = [claim(NOW, state=Claim.STATE_SUCCEEDED)]
        pages = (
            said.verifications(pb.Identity(status=good, verifications=verified, contests=[contest])),
            said.standing(pb.Identity(status=good, sanctions=[sanction("CN")], appeals=[appeal])),
            said.verifications(pb.Identity(status=good, reinstatements=[withdrawal])),
            said.disowned(pb.Identity(status=good, disavowals=[disavowal])),
        )
        return [found for page in pages for found in DUE_ROW.findall(page.text or "")]

    assert shown(DUE - 15 * DAY) == [(left, "25")] * 4
    assert shown(DUE) == [(due, "")] * 4
    for each in filed:
        stamp(each, decide_time=DUE - 16 * DAY)
    assert shown(DUE - 15 * DAY) == [(due, "")] * 4


@pytest.mark.parametrize("standing", ["WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED", "CLOSED"])
def test_reasons_that_stand_below_are_not_looked_for_elsewhere(standing: str) -> None:
    """The page that has the statement of reasons points at it; one without it, at the notice."""
    value = common_pb2.AccountStatus.Standing.Value(f"STANDING_{standing}")
    own = pb.Identity(status=common_pb2.AccountStatus(standing=value))
    for sanctions, said in (([], "见处置通知"), ([sanction("CN")], "理由、期限和申诉方式见下。")):
        own.sanctions.extend(sanctions)
        text = words("zh").standing(own).text
        assert text is not None
        assert said in text


@pytest.mark.parametrize(("standing", "is_idle"), [("GOOD", True), ("WARNED", False), ("CLOSED", False)])
def test_only_a_good_standing_asks_for_nothing(standing: str, is_idle: bool) -> None:
    """A standing without a sanction of this account follows from elsewhere, and may need something."""
    value = common_pb2.AccountStatus.Standing.Value(f"STANDING_{standing}")
    text = words().standing(pb.Identity(status=common_pb2.AccountStatus(standing=value))).text
    assert text is not None
    told = ("There are no sanctions." in text, "nothing that you have to do" in text)
    assert told == (True, is_idle)


def unsanctioned(state: str = "VERIFIED", **values: Any) -> pb.Identity:
    """Return an account without a sanction, in a state."""
    states = common_pb2.AccountStatus
    status = states(
        state=states.State.Value(f"STATE_{state}"),
        standing=states.STANDING_GOOD,
        expire_date="2026-11-30" if state == "EXPIRED" else "2028-01-01",
    )
    return pb.Identity(status=status, **values)


DISOWNED = disavowal_pb2.Disavowal(state=disavowal_pb2.Disavowal.STATE_FILED)
OVERDUE = contest_pb2.Contest(overdue=True)
ASKS: dict[str, pb.Identity] = {
    "disowned": unsanctioned(disavowals=[stamp(DISOWNED, due_time=DUE)]),
    "missed": unsanctioned(contests=[stamp(OVERDUE, file_time=NOW, due_time=DUE)]),
    "withdrawn": unsanctioned("REVOKED"),
    "ending": unsanctioned("EXPIRED"),
    "unrenewed": unsanctioned(public_accounts=[public("GRACE", "2026-11-30", "2026-12-31")]),
}


@pytest.mark.parametrize("name", ASKS)
def test_a_good_standing_with_a_banner_does_not_say_that_nothing_is_to_do(name: str) -> None:
    """What the overview asks for first is not denied on the page of sanctions."""
    own, said = ASKS[name], words()
    assert [each.name for each in banners.of(own, said)] == [name]
    text = said.standing(own).text
    assert text is not None
    told = ("There are no sanctions." in text, "nothing that you have to do" in text)
    assert told == (True, False)


@pytest.mark.parametrize(
    ("state", "standing", "may_apply"),
    [
        ("VERIFIED", "GOOD", True),
        ("VERIFIED", "PUBLISHING_LIMITED", True),
        ("VERIFIED", "RENEWAL_SUSPENDED", False),
        ("VERIFIED", "CLOSED", False),
        ("EXPIRED", "GOOD", False),
        ("ERASED", "GOOD", False),
    ],
)
def test_only_who_may_apply_is_told_how(state: str, standing: str, may_apply: bool) -> None:
    """The overview of an account whose application would be refused does not lead to one."""
    states = common_pb2.AccountStatus
    status = states(
        state=states.State.Value(f"STATE_{state}"), standing=states.Standing.Value(f"STANDING_{standing}")
    )
    text = words().overview(pb.Identity(status=status), None).text
    assert text is not None
    assert ("None yet." in text, "You can apply for one under" in text) == (True, may_apply)
    found = public_account.obstacle("apply", pb.Identity(status=status), words())
    assert (found is None) == may_apply


@pytest.mark.parametrize("change", ["apply", "renew", "accept", "operator"])
@pytest.mark.parametrize(
    ("standing", "told"),
    [("CLOSED", "This account is closed."), ("RENEWAL_SUSPENDED", "This account can publish nothing new")],
)
def test_whoever_a_sanction_bars_reads_why_before_asking(change: str, standing: str, told: str) -> None:
    """The way on leads to the reasons: verifying again would change nothing."""
    own = unsanctioned()
    own.status.standing = common_pb2.AccountStatus.Standing.Value(f"STANDING_{standing}")
    said = words()
    found = public_account.obstacle(change, own, said)
    assert found is not None
    assert found.text.startswith(told)
    assert found.link == (f"{said.here}/standing", "Read the reasons")


@pytest.mark.parametrize("standing", ["CLOSED", "RENEWAL_SUSPENDED"])
def test_no_banner_offers_what_a_sanction_bars(standing: str) -> None:
    """A public account in its grace is renewed after the sanction, if it is still there."""
    own = unsanctioned(public_accounts=[public("GRACE", "2026-11-30", "2026-12-31")])
    assert [each.name for each in banners.of(own, words())] == ["unrenewed"]
    own.status.standing = common_pb2.AccountStatus.Standing.Value(f"STANDING_{standing}")
    assert banners.of(own, words()) == []


def test_an_opening_that_the_log_lacks_is_told_below_its_time() -> None:
    """Of two openings of one release it is seen which one is missing."""
    found = Release(
        time="1 May", place=7, auditor_id="66" * 16, legal_basis="case 1", opened=[("2 May", 0), ("3 May", 9)]
    )
    rows, ids = release.rows_of(found, horizon="4 May", view=words().view)
    lacks = "not in the log: tell the operator of this service"
    assert [value for _, value in rows] == ["1 May", "2 May", lacks, "3 May", "case 1"]
    assert [value for _, value in ids] == ["66" * 16, "7", "9"]


def test_what_ended_is_in_the_timeline() -> None:
    """A verification and a public account, each by its last day."""
    status = common_pb2.AccountStatus(state=common_pb2.AccountStatus.STATE_EXPIRED, expire_date="2026-11-30")
    own = pb.Identity(status=status, public_accounts=[public("GRACE", "2026-12-01", "2026-12-31")])
    told = [(each.text, each.when) for each in timeline.of(own, None, words("zh"))]
    assert told[:2] == [("公众账号已到期", "2026年11月30日"), ("认证已过期", "2026年11月29日")]
