"""Synthetic papers of authorities, and rosters that have these authorities."""

from dataclasses import replace
from datetime import date
from typing import Any

from idvault_verify.attest import sanction as papers
from idvault_verify.attest.order import AnswerTerms, JointTerms, OrderTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import CheckedOrder, ReferredReport
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind, TipOffTarget
from tools.support import builders, people

OFFICE, OTHER_OFFICE, PLATFORM = "office-a", "office-b", "platform-a"
DOCUMENT_DIGEST, DOCUMENT_SIZE = bytes(range(32)), 4_711
TARGET, SALT = TipOffTarget(TargetKind.CONTENT, "post/17"), bytes(range(32))
_HOUR = 3_600


def roster(*offices: str, version: int = 1) -> Roster:
    """Return a roster with these authorities, signed by its custodians."""
    members = tuple(people.roster_member(each, role="authority") for each in offices)
    made = people.roster(version=version)
    return people.signed(replace(made, people=(*made.people, *members)), *people.NAMES)


def terms(**changes: Any) -> OrderTerms:
    """Return the terms of an order."""
    made = OrderTerms(
        order_id="ab" * 16,
        authority=OFFICE,
        platform=PLATFORM,
        target_kind=TargetKind.ACCOUNT,
        target=builders.TOKEN,
        measure=OrderMeasure.WARN,
        reference="案 2026-7 (synthetic)",
        legal_basis="第一条 (synthetic)",
        document_digest=DOCUMENT_DIGEST,
        document_size=DOCUMENT_SIZE,
        create_time=int(builders.NOW.timestamp()),
        deadline=int(builders.NOW.timestamp()) + _HOUR,
        roster_digest=roster(OFFICE, OTHER_OFFICE).digest(),
    )
    return replace(made, **changes)


def joint(**changes: Any) -> JointTerms:
    """Return the terms of a joint operation."""
    made = JointTerms(
        operation_id="cd" * 16,
        authority=OFFICE,
        title="清朗 (synthetic)",
        categories=(SanctionCategory.RUMOUR, SanctionCategory.FRAUD),
        platforms=(PLATFORM, "platform-b"),
        first_day=date(2026, 3, 2),
        last_day=date(2026, 3, 31),
        create_time=int(builders.NOW.timestamp()),
        roster_digest=roster(OFFICE, OTHER_OFFICE).digest(),
    )
    return replace(made, **changes)


def answer(**changes: Any) -> AnswerTerms:
    """Return the terms of an answer to a referral."""
    made = AnswerTerms(
        referral_id="ef" * 16,
        authority=OFFICE,
        platform=PLATFORM,
        answer=ReferralState.ACCEPTED,
        category=SanctionCategory.RUMOUR,
        target_kind=TARGET.kind,
        target_mark=papers.text_mark(TARGET.key, salt=SALT),
        create_time=int(builders.NOW.timestamp()),
        roster_digest=roster(OFFICE, OTHER_OFFICE).digest(),
    )
    return replace(made, **changes)


def report(**changes: Any) -> ReferredReport:
    """Return the report of that answer, as its platform knows it."""
    made = ReferredReport(
        referral_id="ef" * 16,
        authority=OFFICE,
        platform=PLATFORM,
        answer=ReferralState.ACCEPTED,
        category=SanctionCategory.RUMOUR,
        target=TARGET,
        salt=SALT,
    )
    return replace(made, **changes)


def checked(**changes: Any) -> CheckedOrder:
    """Return an order after the platform's check."""
    versions = [roster(OFFICE, OTHER_OFFICE)]
    return order_check.check(signed(terms(**changes)), platform=PLATFORM, versions=versions)


def signed(paper: Any, name: str = OFFICE) -> bytes:
    """Return a paper with a member's signature."""
    canonical: bytes = paper.canonical()
    return canonical + people.signer(name).sign(canonical)
