"""Every act is interrupted at each of its statements, or it is said here why not."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import idvault
from idvault.core.act import Act, MemberMutation, Mutation
from tests.flows.session import test_cuts
from tests.storage import (
    test_torn_acts,
    test_torn_disavowals,
    test_torn_orders,
    test_torn_platforms,
    test_torn_reviews,
)
from tests.storage.notification import test_torn_notifications
from tests.storage.sanction import test_content_measure_acts
from tests.storage.tip_off import test_torn_acts as test_torn_reports
from tests.storage.tip_off import test_torn_contact

_TABLES = (
    test_content_measure_acts.ACTS,
    test_torn_acts.ACTS,
    test_torn_contact.ACTS,
    test_torn_disavowals.ACTS,
    test_torn_notifications.ACTS,
    test_torn_orders.ACTS,
    test_torn_platforms.ACTS,
    test_torn_reports.ACTS,
    test_torn_reviews.ACTS,
)
_ONE = "it changes rows of one table, beside its entry"
_ERRANDS = "errands cut it at each statement: tests/flows/session/test_cuts.py"
_SAME = "it is the function of another kind of objection, which is in the table"
_KILLED = "processes die at its statements: tests/resilience/{}"
_SIBLING = "it runs as its siblings in the table do: {}"
_WHOLE = "its transaction is one, as tests/storage/test_act.py and base/test_database.py show of all"
_OTHER_WAY = "it has no act of its own: {}"
_SHRED = _OTHER_WAY.format("the shred database's statements are broken in tests/storage/key/")
REASONS = {
    **dict.fromkeys(
        (
            "invitation.lift", "invitation.limit", "key_version.announce", "key_version.end",
            "key_version.withdraw", "moderator.revoke", "notice.catch_up", "review.forget",
            "second_factor.accept", "second_factor.charge", "status.expire", "status_key.announce",
            "status_key.vouch", "tip_off.charge", "tip_off.refund",
        ),
        _ONE,
    ),
    **dict.fromkeys((name for acts in test_cuts.CUT.values() for name in acts), _ERRANDS),
    **dict.fromkeys(
        (
            "contest.delete_text", "contest.note_overdue", "reinstatement.delete_text",
            "reinstatement.note_overdue",
        ),
        _SAME,
    ),
    **dict.fromkeys(("notice.apply", "notice.expire", "notice.fall"), _KILLED.format("test_notices.py")),
    **dict.fromkeys(("version.end", "version.remove"), _KILLED.format("test_former_versions.py")),
    **dict.fromkeys(
        ("erasure.cancel", "erasure.release", "erasure.repeat", "erasure.request"),
        _SIBLING.format("erasure.erase"),
    ),
    **dict.fromkeys(
        (
            "public_account.add_operator", "public_account.apply", "public_account.close",
            "public_account.fall", "public_account.offer", "public_account.reject",
            "public_account.remove_operator", "public_account.renew",
        ),
        _SIBLING.format("public_account.accept"),
    ),
    "pairing.contest": _SIBLING.format("contest.file"),
    "narrowing.propose": _SIBLING.format("narrowing.confirm"),
    "session.purge": _SIBLING.format("inquiry.purge"),
    "status.remove": _SIBLING.format("erasure.clear"),
    "verification.purge": _SIBLING.format("tip_off.purge"),
    **dict.fromkeys(
        (
            "feed.arrange",
            "campaign.create", "campaign.move", "credential.issue", "disclosure.cancel", "disclosure.confirm",
            "disclosure.decide", "disclosure.expire", "disclosure.flush", "disclosure.open",
            "disclosure.refuse", "disclosure.release", "disclosure.report_share", "disclosure.request",
            "drill.complete", "drill.renew", "epoch.log", "handover.end", "handover.hand_over",
            "invitation.claim", "invitation.record", "legacy_account.import", "roster.adopt",
            "roster.propose", "roster.sign", "second_factor.begin", "second_factor.confirm",
            "second_factor.spend",
            "status_list.rebuild", "status_list.update",
        ),
        _WHOLE,
    ),
    **dict.fromkeys(
        ("checkpoint.replace", "sealed.replace", "shred.replace_part"),
        _OTHER_WAY.format("processes die during it in tests/flows/key/test_kills.py"),
    ),
    "budget.pause": _OTHER_WAY.format("one statement"),
    "day_key.forget": _OTHER_WAY.format("one statement"),
    "day_key.publish": _OTHER_WAY.format("one statement"),
    "deployment.ensure": _OTHER_WAY.format("two processes that keep their words meet in tests/storage/"),
    "log.sequence": _OTHER_WAY.format("the log's own tests, tests/storage/log/"),
    **dict.fromkeys(
        (
            "epoch.begin", "epoch.sign_again", "erasure_memo.keep", "erasure_memo.mark", "shred.destroy",
            "shred.destroy_version", "shred.empty_spare",
        ),
        _SHRED,
    ),
}  # fmt: skip


def _acts() -> Iterator[str]:
    """Yield the names of all acts."""
    for found in pkgutil.walk_packages(idvault.__path__, "idvault."):
        if found.name.startswith("idvault.processes.migrations.") or found.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(found.name)).values():
            yield from _named(value)
    for path in Path(idvault.__file__).parent.rglob("*.py"):
        yield from re.findall(r"\.act\(\s*\"([a-z_.]+)\"", path.read_text("utf-8"))


def _named(value: object) -> Iterator[str]:
    """Yield the name of an act, of the act that a value wraps, or of those that it holds."""
    held = vars(value).values() if type(value).__module__.startswith("idvault") and _has(value) else ()
    for each in (value, *held, getattr(value, "act", None)):
        if isinstance(each, Act | Mutation | MemberMutation):
            yield each.name


def _has(value: object) -> bool:
    return not isinstance(value, type) and hasattr(value, "__dict__")


def test_every_act_is_broken_or_says_why_not() -> None:
    """An act that is in no table has a reason; none has both, and nothing else has one."""
    torn = {name for table in _TABLES for name in table.values()}
    acts = set(_acts())
    assert torn & REASONS.keys() == set()
    assert torn | REASONS.keys() == acts
