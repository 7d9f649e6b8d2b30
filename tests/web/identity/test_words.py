"""What "my identity" says of an account's life, without a vault: timeline, results and banners by their times."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idvault.web.identity import timeline
from idvault.web.identity.view import IdentityView
from idvault.web.render import View
from idvault_verify.v1 import common_pb2, session_pb2, verification_pb2
from idvault_verify.v1 import identity_pb2 as pb
from tests.support.session_world import TITLE
from tools.support.builders import ZONE

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
Claim = verification_pb2.Verification


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
        ("en", False, 0, "its legal representative must prove it before December 15, 2026"),
        ("zh", False, 0, "等待法定代表人在2026年12月15日之前完成本人核验"),
        ("zh", False, 14, "法定代表人未在期限内完成本人核验"),
        ("zh", True, 14, "随后由法定代表人完成本人核验"),
    ],
)
def test_an_organisations_first_half_is_no_failure(
    language: str, proved: bool, later: int, more: str
) -> None:
    """It says before which day the representative is awaited, then that he came, or that he did not."""
    own = pb.Identity(status=COMPANY, verifications=[MATCHED])
    if proved:
        own.verifications.append(claim(NOW + DAY, state=Claim.STATE_SUCCEEDED))
    said = words(language, NOW + later * DAY)
    told = [(each.text, each.more) for each in timeline.of(own, None, said)]
    title = {"en": "The organisation's details were confirmed", "zh": "单位信息已核对一致"}[language]
    assert told[-1] == (title, more)
    assert said.result(own, MATCHED) == f"{title}{'，' if language == 'zh' else '; '}{more}"
    text = said.verifications(own).text
    assert text is not None
    assert ("not confirmed" in text, "未通过" in text) == (False, False)
    assert ("这不是本单位办理的" in text) == proved
